"""A hub of other people (Flask-WebSub) behind TLS, for one test.

    hub.py FOLDER

Writes `ca.pem`, the root of its certificate, into FOLDER, prints its address, and serves. For each line
of its input, the address of a topic, it fetches the topic and pushes it to whoever subscribed.
"""

import os
import sys
import threading

import flask
import trustme
from flask_websub.hub import Hub, SQLite3HubStorage
from werkzeug.serving import make_server


class Threads:
    """What Celery does for the hub, without a broker: every task has a thread."""

    def task(self, bind=False, max_retries=0):
        def made(function):
            class Task:
                request = type("Request", (), {"retries": max_retries})

                def delay(self, *args):
                    args = (self, *args) if bind else args
                    threading.Thread(target=function, args=args, daemon=True).start()

                def retry(self, countdown):
                    print("a push was not taken", file=sys.stderr)

            return Task()

        return made


folder = sys.argv[1]
authority = trustme.CA()
authority.cert_pem.write_to_path(os.path.join(folder, "ca.pem"))
certificate = authority.issue_cert("127.0.0.1")
chain = os.path.join(folder, "hub.pem")
certificate.private_key_and_cert_chain_pem.write_to_path(chain)

hub = Hub(SQLite3HubStorage(os.path.join(folder, "hub.db")), Threads())
app = flask.Flask("hub")
app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))
server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context=(chain, chain))
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"https://127.0.0.1:{server.server_port}/hub", flush=True)
for line in sys.stdin:
    hub.send_change_notification.delay(line.strip())
