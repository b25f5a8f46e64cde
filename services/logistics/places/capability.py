"""Places, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.places import admission
from services.logistics.places import domain as places
from services.logistics.places.devices import Device
from services.logistics.places.http import places_router
from services.logistics.places.reactions import react_to_device, react_to_post
from services.logistics.places.tables import place, place_device
from shared.contracts import victims
from shared.contracts.places import DeviceAdmitted, DeviceDismissed, PlaceOpened
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import Capability, Reaction

PLACES = Capability(
    kinds=(
        StateKind(
            name="place",
            table=place,
            state=places.Place,
            evolve=places.evolve_place,
            events=(PlaceOpened, DeviceAdmitted, DeviceDismissed),
            children=(Children("devices", place_device, Device),),
        ),
    ),
    deciders={
        places.OpenPlace: places.decide_open_place,
        places.OpenPostPlace: places.decide_open_post_place,
        admission.AdmitDevice: admission.decide_admit_device,
        admission.DismissDevice: admission.decide_dismiss_device,
    },
    routers=lambda runtime: [places_router(runtime)],
    reactions={
        victims.PostEnrolled: (Reaction("open_post_place", react_to_post),),
        victims.DeviceEnrolled: (Reaction("admit_device", react_to_device),),
        victims.DeviceWithdrawn: (Reaction("dismiss_device", react_to_device),),
    },
)
