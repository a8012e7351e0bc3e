"""aio-pika's side of the bench: each line on standard input orders a turn, each line on standard output ends one."""

import asyncio
import json
import sys
import uuid

import aio_pika


class Side:
    def __init__(self, order):
        self.order = order

    async def open(self):
        self.connection = await aio_pika.connect(self.order["url"])
        self.channel = await self.connection.channel(publisher_confirms=True)
        self.exchange = await self.channel.declare_exchange(self.order["exchange"], aio_pika.ExchangeType.TOPIC, durable=True)
        self.queue = await self.channel.declare_queue(self.order["queue"], durable=True, arguments=self.order["arguments"])
        await self.queue.bind(self.exchange, self.order["queue"])
        await self.channel.set_qos(prefetch_count=2 * self.order["batch"])

    def message(self):
        name = str(uuid.uuid4())
        return aio_pika.Message(
            self.order["body"].encode(), headers={**self.order["headers"], "cloudEvents:id": name}, message_id=name,
            content_type="application/json", delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        )

    async def publish(self, n):
        batch = self.order["batch"]
        for start in range(0, n, batch):
            await asyncio.gather(*(
                self.exchange.publish(self.message(), self.order["queue"], mandatory=True)
                for _ in range(min(batch, n - start))
            ))

    async def consume(self, n):
        batch, taken, done = self.order["batch"], 0, asyncio.Event()

        async def take(message):
            nonlocal taken
            taken += 1
            if taken % batch == 0 or taken == n:
                await message.ack(multiple=True)
            if taken == n:
                done.set()

        tag = await self.queue.consume(take)
        await done.wait()
        await self.queue.cancel(tag)


async def main():
    loop = asyncio.get_running_loop()
    side = Side(json.loads(sys.stdin.readline()))
    await side.open()
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        what, n = line.split()
        await {"publish": side.publish, "consume": side.consume}[what](int(n))
        print("done", flush=True)
    await side.connection.close()


asyncio.run(main())
