"""Who may do what in this service: its roles.

Owns the names of roles and who a person is. Claims carry no area, so roles hold for the whole agency. Must not read a
token: the kit gives a principal.
"""

AID_OFFICER = "aid_officer"
APPROVER = "approver"
AUDITOR = "auditor"
PRIVACY_OFFICER = "privacy_officer"
OPERATOR = "operator"
SERVICE = "service"

# Proposes budgets, prepares claims, records payouts.
OFFICERS = (AID_OFFICER,)
# Enacts budgets, sets what a benefit is worth, approves and refuses claims: never what the same person prepared.
DECIDERS = (APPROVER,)
# Sees budgets, rules and claims, which name nobody.
READERS = (AID_OFFICER, APPROVER, AUDITOR, OPERATOR, PRIVACY_OFFICER, SERVICE)
# Sees who is paid, by purpose and with a record.
PERSONAL_READERS = (AID_OFFICER, APPROVER, PRIVACY_OFFICER)
# Opens every version with its salt, to compare it with the commitment in the log.
OPENING_READERS = (AUDITOR,)
