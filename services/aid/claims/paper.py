"""The kinds of papers that show who is to be paid.

Owns the closed list. The numbers of the papers are personal data and stay in the vault.
"""

from enum import StrEnum


class Paper(StrEnum):
    """A paper of a claim, by what an Indonesian office calls it."""

    IDENTITY_CARD = "ktp"
    FAMILY_CARD = "kk"
    VILLAGE_LETTER = "surat_desa"
    DEATH_CERTIFICATE = "akta_kematian"
    BIRTH_CERTIFICATE = "akta_kelahiran"
    HEIRS_STATEMENT = "surat_ahli_waris"
    MEDICAL_REPORT = "surat_medis"
    DAMAGE_SURVEY = "berita_acara_survei"
