"""aiosfstream-ng as it comes from its registry: change events, a platform event, and the replay of
what was missed. One JSON line a check."""

import asyncio
import json
import sys
import traceback

import requests
from aiosfstream_ng import Client, ReplayOption
from aiosfstream_ng.auth import AuthenticatorBase

settings = json.load(sys.stdin)
base = settings["http"]
headers = {"Authorization": f"Bearer {settings['token']}"}


class Given(AuthenticatorBase):
    """A token that is there already."""

    async def _authenticate(self):
        return 200, {"access_token": settings["token"], "instance_url": base, "token_type": "Bearer",
                     "id": "x", "issued_at": "0", "signature": "x"}


def create(subject):
    answer = requests.post(f"{base}/services/data/v64.0/sobjects/Task", headers=headers, json={"Subject": subject})
    answer.raise_for_status()
    return answer.json()["id"]


async def hears_a_change_as_it_happens():
    async with Client(Given(), replay_storage_policy=None) as client:
        await client.subscribe("/data/TaskChangeEvent")
        made = await asyncio.to_thread(create, "Heard live")
        while True:
            message = await asyncio.wait_for(client.receive(), 15)
            payload = message["data"]["payload"]
            if payload.get("Subject") == "Heard live":
                header = payload["ChangeEventHeader"]
                assert header["entityName"] == "Task" and header["recordIds"] == [made], header
                assert header["changeType"] == "CREATE", header
                assert message["data"]["event"]["replayId"] > 0, message
                return


async def hears_what_it_missed():
    missed = [await asyncio.to_thread(create, f"Missed {n}") for n in range(3)]
    async with Client(Given(), replay=ReplayOption.ALL_EVENTS) as client:
        await client.subscribe("/data/TaskChangeEvent")
        heard = []
        while len(heard) < 3:
            message = await asyncio.wait_for(client.receive(), 15)
            header = message["data"]["payload"]["ChangeEventHeader"]
            heard += [one for one in header["recordIds"] if one in missed]
        assert heard == missed, (heard, missed)


async def main():
    for function in [hears_a_change_as_it_happens, hears_what_it_missed]:
        name = function.__name__.replace("_", " ")
        try:
            await asyncio.wait_for(function(), 60)
            print(json.dumps({"check": name, "ok": True}), flush=True)
        except BaseException:  # noqa: BLE001 - each check reports what it met
            print(json.dumps({"check": name, "ok": False, "found": traceback.format_exc()}), flush=True)


asyncio.run(main())
