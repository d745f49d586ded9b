"""Whether a run of a file is one: what can be kept must be what can be listed and shown afterwards."""

from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from darwinflow.model.run import RunStatus
from darwinflow.rpc.wire.runs import RunLog
from darwinflow.storage.run_file import FiledRun

_PROJECT: TypeAdapter[str] = TypeAdapter(
    Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f]*$")]
)


def refuse_unsound(run: FiledRun) -> None:
    """Raises `ValueError`, in words, where *run* is none that the daemon could be told or tell."""
    log = run.log
    try:
        _PROJECT.validate_python(run.project, strict=True)
        said = RunLog.of(log, RunStatus.LOST if log.output is None else log.output.status)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "its project"
        raise ValueError(f"{place}: {first['msg']}") from error
    except (TypeError, AttributeError, OverflowError) as error:
        raise ValueError("it has not the fields of a run") from error
    if said.value() != log:
        raise ValueError("a field of it is not of its kind")
