"""Posts and their devices, as a capability of the victims service.

Owns the one list of this folder's parts.
"""

from services.victims.posts import domain as posts
from services.victims.posts.http import posts_router
from services.victims.posts.numbering import apply_numbers
from services.victims.posts.tables import device_numbers, post, post_device
from shared.contracts import victims
from shared.kit.decisions.batch import ReadModel
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import Capability

POSTS = Capability(
    kinds=(
        StateKind(
            name="post",
            table=post,
            state=posts.Post,
            evolve=posts.evolve_post,
            events=(victims.PostEnrolled, victims.DeviceEnrolled, victims.DeviceWithdrawn),
            children=(Children("devices", post_device, posts.Device),),
        ),
    ),
    deciders={
        posts.EnrolPost: posts.decide_enrol_post,
        posts.EnrolDevice: posts.decide_enrol_device,
        posts.WithdrawDevice: posts.decide_withdraw_device,
    },
    routers=lambda runtime: [posts_router(runtime)],
    read_models=(ReadModel("device_numbers", (device_numbers,), apply_numbers),),
)
