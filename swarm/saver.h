/* When a torrent's resume file is to be written.  Pure. */

#ifndef SAVER_H
#define SAVER_H

#include <stdint.h>

/* Zeroed before use. */
struct saver {
	int64_t bytes;           /* that the file knows of */
	int64_t began_ms;        /* the last save; 0: there was none */
	int64_t next_ms;         /* none before */
};

/* Whether it is to be written, with so many verified bytes here. */
int saver_due(const struct saver *s, int64_t bytes, int64_t now_ms);
/* It is being written with them; it is written, or could not be. */
void saver_begins(struct saver *s, int64_t bytes, int64_t now_ms);
void saver_ended(struct saver *s, int64_t now_ms);

#endif
