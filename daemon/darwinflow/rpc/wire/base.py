"""What all wire models share, and the bounded texts and numbers they are made of."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

MAX_TEXT_BYTES = 8 << 20
"""Of a workflow's text."""


class Wire(BaseModel):
    """Crosses the socket: camelCase there, closed and immutable here."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
        defer_build=True,
        # The input may hold secrets, and the client has it anyway.
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )


def _in_utc(given: datetime) -> datetime:
    try:
        return given.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is no moment of the years 1 to 9999 in UTC") from error


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""RFC 3339 with a zone; held in UTC."""

Name = Annotated[str, Field(min_length=1, max_length=1000)]
RunId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]
RunPart = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,128}$")]
"""An id, its beginning or its end."""
WorkflowId = Annotated[str, Field(min_length=1, max_length=1000)]
Version = Annotated[int, Field(ge=0, le=1 << 53)]
"""0 for texts without a usable version."""
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Path = Annotated[str, Field(min_length=1, max_length=4096)]
ErrorText = Annotated[str, Field(max_length=64 * 1024)]
Offset = Annotated[int, Field(ge=0, le=1 << 62)]
