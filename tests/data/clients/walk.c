/* What a program does with MPD through libmpdclient: walk HOST PORT PLAYLIST.
 *
 * Prints a transcript, the same as walk.py. */

#include <mpd/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct mpd_connection *mpd;

static void check(bool success)
{
	if (success)
		return;
	fprintf(stderr, "%s\n", mpd_connection_get_error_message(mpd));
	exit(1);
}

static const char *tag(const struct mpd_song *song, enum mpd_tag_type type)
{
	const char *value = mpd_song_get_tag(song, type, 0);
	return value ? value : "?";
}

static void show(const char *word, struct mpd_song *song)
{
	check(song != NULL);
	printf("%s: %s / %s / %s / %u\n", word, tag(song, MPD_TAG_TITLE), tag(song, MPD_TAG_ARTIST),
	       tag(song, MPD_TAG_ALBUM), mpd_song_get_duration(song));
	mpd_song_free(song);
}

static void wait_until_past(unsigned ms)
{
	for (;;) {
		struct mpd_status *status = mpd_run_status(mpd);
		check(status != NULL);
		bool past = mpd_status_get_elapsed_ms(status) > ms;
		mpd_status_free(status);
		if (past)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
	show("playing", mpd_run_current_song(mpd));
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 64;
	const char *name = argv[3];
	char *files[8] = { 0 };
	unsigned count = 0, same = 0;
	struct mpd_song *song;

	mpd = mpd_connection_new(argv[1], atoi(argv[2]), 30000);
	check(mpd_connection_get_error(mpd) == MPD_ERROR_SUCCESS);

	check(mpd_send_list_playlists(mpd));
	struct mpd_playlist *list;
	const char *between = "playlists: ";
	while ((list = mpd_recv_playlist(mpd)) != NULL) {
		printf("%s%s", between, mpd_playlist_get_path(list));
		between = ", ";
		mpd_playlist_free(list);
	}
	puts("");
	check(mpd_response_finish(mpd));

	check(mpd_send_list_playlist_meta(mpd, name));
	while ((song = mpd_recv_song(mpd)) != NULL && count < 8) {
		const char *uri = mpd_song_get_uri(song);
		files[count] = malloc(strlen(uri) + 1);
		strcpy(files[count++], uri);
		show("listed", song);
	}
	check(mpd_response_finish(mpd));
	check(mpd_send_list_playlist(mpd, name));
	while ((song = mpd_recv_song(mpd)) != NULL) {
		same += strcmp(mpd_song_get_uri(song), files[same]) == 0;
		mpd_song_free(song);
	}
	check(mpd_response_finish(mpd));
	printf("files: %s\n", same == count ? "True" : "False");

	check(mpd_run_load(mpd, name));
	check(mpd_run_add(mpd, files[1]));
	check(mpd_run_add_id_to(mpd, files[0], 0) >= 0);
	check(mpd_send_list_queue_meta(mpd));
	while ((song = mpd_recv_song(mpd)) != NULL)
		show("queued", song);
	check(mpd_response_finish(mpd));

	check(mpd_run_play_pos(mpd, 1));
	wait_until_past(100);
	check(mpd_run_seek_current(mpd, 20, false));
	wait_until_past(20100);
	check(mpd_run_next(mpd));
	wait_until_past(100);

	count = 0;
	check(mpd_command_list_begin(mpd, true) && mpd_send_list_playlist_meta(mpd, name)
	      && mpd_send_status(mpd) && mpd_send_current_song(mpd) && mpd_command_list_end(mpd));
	while ((song = mpd_recv_song(mpd)) != NULL) {
		count++;
		mpd_song_free(song);
	}
	check(mpd_response_next(mpd));
	struct mpd_status *status = mpd_recv_status(mpd);
	check(status != NULL && mpd_response_next(mpd));
	song = mpd_recv_song(mpd);
	check(song != NULL && mpd_response_finish(mpd));
	printf("at once: %u %s %s\n", count, mpd_status_get_state(status) == MPD_STATE_PLAY ? "play" : "?",
	       tag(song, MPD_TAG_TITLE));
	mpd_status_free(status);
	mpd_song_free(song);

	check(mpd_run_save(mpd, "walked"));
	printf("idle: %s\n", mpd_idle_name(mpd_run_idle_mask(mpd, MPD_IDLE_STORED_PLAYLIST | MPD_IDLE_MESSAGE)));
	check(mpd_send_idle_mask(mpd, MPD_IDLE_MESSAGE));
	check(mpd_run_noidle(mpd) == 0 && mpd_connection_get_error(mpd) == MPD_ERROR_SUCCESS);
	check(mpd_send_list_playlist_meta(mpd, "walked"));
	show("saved", mpd_recv_song(mpd));
	check(mpd_response_finish(mpd));
	check(mpd_run_rm(mpd, "walked"));
	if (!mpd_run_rm(mpd, name)) {
		printf("refused: %s\n", mpd_connection_get_error_message(mpd));
		check(mpd_connection_clear_error(mpd));
	}
	check(mpd_run_clear(mpd));
	status = mpd_run_status(mpd);
	check(status != NULL);
	printf("playlistlength: %u\n", mpd_status_get_queue_length(status));
	mpd_status_free(status);
	mpd_connection_free(mpd);
	return 0;
}
