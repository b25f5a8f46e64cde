"""The victims service: the capabilities it is made of.

Owns their one list. Each folder's `capability.py` says what it keeps, decides and offers. It reads no other service's
stream.
"""

from pathlib import Path

from services.victims.casualties.capability import CASUALTIES
from services.victims.damage.capability import DAMAGE
from services.victims.disasters.capability import DISASTERS
from services.victims.intake.capability import INTAKE
from services.victims.posts.capability import POSTS
from services.victims.registration.capability import REGISTRATION
from shared.kit.definition import ServiceDefinition

HERE = Path(__file__).parent

SERVICE = ServiceDefinition.of(
    INTAKE,
    DISASTERS,
    POSTS,
    REGISTRATION,
    CASUALTIES,
    DAMAGE,
    name="victims",
    title="Tanggap: victims",
    migrations=HERE / "migrations",
    locale=HERE / "locale",
)
