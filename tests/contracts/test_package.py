"""The contracts are a package of their own that needs pydantic and nothing else."""

import shutil
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

CONTRACTS = Path(__file__).parents[2] / "shared" / "contracts"

# pydantic and what it needs at run time.
PYDANTIC = ("pydantic", "pydantic_core", "annotated_types", "typing_extensions.py", "typing_inspection")

# Run with nothing on the path but the standard library, pydantic and the unpacked wheel.
ALONE = """
    import sys
    sys.path.extend(sys.argv[1:])
    from shared.contracts import catalogue, docs, schemas
    assert schemas.FOLDER.parent.parent.parent.samefile(sys.argv[1]), schemas.FOLDER
    assert (schemas.FOLDER / "aid.claim_paid.v1.json").is_file()
    assert (schemas.FOLDER.parent / "py.typed").is_file()
    foreign = {"sqlalchemy", "faststream", "fastapi", "redis", "orjson", "services", "tanggap", "shared.kit"}
    assert not foreign & set(sys.modules), foreign & set(sys.modules)
    print(len(catalogue.SERVICE_EVENTS.classes))
"""


def test_wheel_builds_and_imports_with_pydantic_alone(tmp_path: Path) -> None:
    """Another agency's developer installs the contracts without our servers and frameworks."""
    source = tmp_path / "source"
    shutil.copytree(CONTRACTS, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    build = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    subprocess.run([*build, "--wheel-dir", str(tmp_path), str(source)], check=True, timeout=100)
    (wheel,) = tmp_path.glob("tanggap_contracts-*.whl")
    installed = tmp_path / "installed"
    install = (sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", "--target", str(installed))
    subprocess.run([*install, str(wheel)], check=True, timeout=100)

    alone = tmp_path / "alone"
    alone.mkdir()
    site_packages = Path(sysconfig.get_path("purelib"))
    for name in PYDANTIC:
        (alone / name).symlink_to(site_packages / name)
    command = [sys.executable, "-I", "-S", "-c", textwrap.dedent(ALONE), str(installed), str(alone)]
    result = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) >= 48
