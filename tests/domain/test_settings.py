"""Settings: their ranges."""

from __future__ import annotations

import pytest

from lanshare.domain.settings import Settings, checked


@pytest.mark.parametrize(
    "settings",
    [
        Settings(port=80),
        Settings(port=70000),
        Settings(name="a\nb"),
        Settings(speed_limit=-1),
        Settings(receive_limit=-1),
    ],
)
def test_settings_out_of_range_name_their_field(settings: Settings) -> None:
    with pytest.raises(ValueError, match=r"port|name|speed_limit|receive_limit"):
        checked(settings)
