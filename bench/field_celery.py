"""Celery's side of the bench: each line on standard input orders a turn, each line on standard output ends one."""

import json
import multiprocessing
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from celery import Celery, bootsteps
from celery.worker.consumer.tasks import Tasks
from kombu import Exchange, Queue
from kombu.common import QoS

order = json.loads(sys.stdin.readline())
idle = order["queue"] + ".idle"  # a worker must consume something from the start
done = multiprocessing.Value("q", 0)

# It waits for each message's confirm, so some publish at once; more were no quicker.
PUBLISHERS = 16

app = Celery("bench", broker=order["url"])
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,  # like the others: acknowledged when it is done
    worker_prefetch_multiplier=order["batch"],
    broker_pool_limit=PUBLISHERS,
    broker_transport_options={"confirm_publish": True},
    task_queues=[
        Queue(idle, durable=True),
        Queue(order["queue"], Exchange(order["exchange"], "topic", durable=True), routing_key=order["queue"],
              durable=True, queue_arguments=order["arguments"]),
    ],
)


class PerConsumerPrefetch(bootsteps.StartStopStep):
    """Quorum queues refuse the prefetch of a whole channel that this Celery asks for."""

    requires = (Tasks,)

    def start(self, c):
        def set_prefetch(prefetch_count):
            return c.task_consumer.qos(prefetch_count=prefetch_count, apply_global=False)

        c.connection.default_channel.basic_qos(0, c.initial_prefetch_count, False)
        c.qos = QoS(set_prefetch, c.initial_prefetch_count)


app.steps["consumer"].add(PerConsumerPrefetch)


@app.task(name="bench.take")
def take(body):
    with done.get_lock():
        done.value += 1


def work():
    os.setsid()  # it and its children end together
    os.dup2(2, 1)  # standard output is for the answers
    app.Worker(pool="prefork", concurrency=2, queues=[idle], loglevel="ERROR", without_gossip=True, without_mingle=True,
               without_heartbeat=True).start()


def publish(n):
    def share(i):
        with app.producer_pool.acquire(block=True) as producer:
            for _ in range(i, n, PUBLISHERS):
                take.apply_async((order["body"],), queue=order["queue"], headers=order["headers"], producer=producer)

    with ThreadPoolExecutor(PUBLISHERS) as threads:
        list(threads.map(share, range(PUBLISHERS)))


def consume(n):
    with done.get_lock():
        done.value = 0
    app.control.add_consumer(order["queue"], reply=True)
    while done.value < n:
        time.sleep(0.005)
    app.control.cancel_consumer(order["queue"], reply=True)


def main():
    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    try:
        while not app.control.ping(timeout=0.5):
            pass
        print("ready", flush=True)
        for line in sys.stdin:
            what, n = line.split()
            {"publish": publish, "consume": consume}[what](int(n))
            print("done", flush=True)
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.join()


main()
