"""What a program does with MPD through python-mpd2: walk.py HOST PORT PLAYLIST.

Prints a transcript, the same as walk.c.
"""

import sys
import time

import mpd


def show(word, song):
    print(f"{word}: {song['title']} / {song['artist']} / {song['album']} / {song['time']}")


def wait_until_past(client, seconds):
    while float(client.status().get("elapsed", 0)) <= seconds:
        time.sleep(0.02)
    show("playing", client.currentsong())


client = mpd.MPDClient()
client.timeout = 30
client.connect(sys.argv[1], int(sys.argv[2]))
name = sys.argv[3]
print("playlists:", ", ".join(entry["playlist"] for entry in client.listplaylists()))
songs = client.listplaylistinfo(name)
for song in songs:
    show("listed", song)
print("files:", client.listplaylist(name) == [song["file"] for song in songs])

client.load(name)
client.add(songs[1]["file"])
client.addid(songs[0]["file"], 0)
for song in client.playlistinfo():
    show("queued", song)

client.play(1)
wait_until_past(client, 0.1)
client.seekcur(20)
wait_until_past(client, 20.1)
client.next()
wait_until_past(client, 0.1)

client.command_list_ok_begin()
client.listplaylistinfo(name)
client.status()
client.currentsong()
listed, status, current = client.command_list_end()
print("at once:", len(list(listed)), status["state"], current["title"])

client.save("walked")
print("idle:", ", ".join(client.idle("stored_playlist", "message")))
for song in client.listplaylistinfo("walked")[:1]:
    show("saved", song)
client.rm("walked")
try:
    client.rm(name)
except mpd.CommandError as error:
    print("refused:", error.msg)
client.clear()
print("playlistlength:", client.status()["playlistlength"])
