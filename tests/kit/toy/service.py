"""Two toy services: `toy` counts, `mirror` follows it over the stream."""

from pathlib import Path

from shared.kit.decisions.batch import ReadModel
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import Reaction, ServiceDefinition
from tests.kit.toy import domain, tables
from tests.kit.toy.contract import CounterMirrored, CounterOpened, CounterRaised
from tests.kit.toy.http import routers

MIGRATIONS = Path(__file__).parent / "migrations"

COUNTER = StateKind(
    name="counter",
    table=tables.counter,
    state=domain.Counter,
    evolve=domain.evolve_counter,
    events=(CounterOpened, CounterRaised),
    children=(Children("parts", tables.part, domain.Part),),
)
MIRROR = StateKind(
    name="mirror", table=tables.mirror, state=domain.Mirror, evolve=domain.evolve_mirror, events=(CounterMirrored,)
)

TOY = ServiceDefinition(
    name="toy",
    title="Toy",
    kinds=(COUNTER,),
    deciders={domain.OpenCounter: domain.decide_open, domain.RaiseCounter: domain.decide_raise},
    routers=routers,
    migrations=MIGRATIONS,
    read_models=(ReadModel("raises", (tables.raises,), tables.apply_raises),),
)

MIRRORING = ServiceDefinition(
    name="mirror",
    title="Mirror",
    kinds=(MIRROR,),
    deciders={domain.MirrorRaise: domain.decide_mirror},
    routers=lambda runtime: (),
    migrations=MIGRATIONS,
    sources=("toy",),
    reactions={CounterRaised: (Reaction("mirror_raise", domain.react_to_raise),)},
)
