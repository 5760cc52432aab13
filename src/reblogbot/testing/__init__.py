"""The contract of a kind of source as checks, for the built-in kinds and for plug-ins.

CASE = Case(MySource, pages={"/list": b"..."}, settings={"url": "https://x.example/list"})

@pytest.mark.parametrize("check", CHECKS)
async def test_my_kind_keeps_the_contract(check):
    await check(CASE)
"""

from reblogbot.testing.case import Case, Server
from reblogbot.testing.checks import CHECKS, check_source
from reblogbot.testing.entries import fault_of

__all__ = ["CHECKS", "Case", "Server", "check_source", "fault_of"]
