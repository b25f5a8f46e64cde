"""Partners and their donations, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.partners import cancelling, inspecting
from services.logistics.partners import domain as partners
from services.logistics.partners.http import partners_router
from services.logistics.partners.tables import partner, pledge
from shared.contracts.partners import (
    DonationInspected,
    DonationReceived,
    PartnerRegistered,
    PledgeCancelled,
    PledgeMade,
)
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

PARTNERS = Capability(
    kinds=(
        StateKind(
            name="partner",
            table=partner,
            state=partners.Partner,
            evolve=partners.evolve_partner,
            events=(PartnerRegistered,),
        ),
        StateKind(
            name="pledge",
            table=pledge,
            state=partners.Pledge,
            evolve=partners.evolve_pledge,
            events=(PledgeMade, DonationReceived, DonationInspected, PledgeCancelled),
        ),
    ),
    deciders={
        partners.RegisterPartner: partners.decide_register_partner,
        partners.MakePledge: partners.decide_make_pledge,
        partners.ReceiveDonation: partners.decide_receive_donation,
        cancelling.CancelPledge: cancelling.decide_cancel_pledge,
        inspecting.InspectDonation: inspecting.decide_inspect_donation,
    },
    routers=lambda runtime: [partners_router(runtime)],
)
