"""Reads a merged feed as Python programs do and prints, as JSON, what they make of it.

    read.py atom|rss|json URL

Read three times: the first time anew, then by each validator alone. The statuses of the answers tell
whether the copy was known. Atom and RSS are read by feedparser, JSON Feed by `json`.
"""

import calendar
import datetime
import html
import json
import sys
import urllib.error
import urllib.request


def by_feedparser(url):
    import feedparser

    feed = feedparser.parse(url)
    assert not feed.bozo, feed.bozo_exception
    again = [
        feedparser.parse(url, etag=feed.etag),
        feedparser.parse(url, modified=feed.modified),
    ]
    entries = [
        {
            "id": entry.id,
            # feedparser takes a title with a `<` for HTML and escapes it.
            "title": html.unescape(entry.title),
            "link": entry.link,
            "published": calendar.timegm(entry.published_parsed),
            "sources": [entry.source.title]
            + [link.title for link in entry.links if link.rel == "via"],
        }
        for entry in feed.entries
    ]
    return feed.version, [feed.status] + [answer.status for answer in again], entries


def by_json(url):
    first = get(url)
    again = [
        get(url, {"If-None-Match": first.headers["ETag"]}),
        get(url, {"If-Modified-Since": first.headers["Last-Modified"]}),
    ]
    feed = json.load(first)
    entries = [
        {
            "id": item["id"],
            "title": item["title"],
            "link": item["url"],
            "published": int(datetime.datetime.fromisoformat(
                item["date_published"].replace("Z", "+00:00")
            ).timestamp()),
            "sources": [source["title"] for source in item["_feedmill"]["sources"]],
        }
        for item in feed["items"]
    ]
    return feed["version"], [first.status] + [answer.status for answer in again], entries


def get(url, headers=None):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}))
    except urllib.error.HTTPError as answer:
        return answer


_, form, url = sys.argv
version, statuses, entries = (by_json if form == "json" else by_feedparser)(url)
print(json.dumps({"version": version, "statuses": statuses, "entries": entries}))
