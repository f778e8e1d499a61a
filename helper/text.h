/*
 * Texts against what they are to be.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>

/* Whether memory did not suffice for an answer.  Nothing may be sent then, for the
 * answer may have been wrong.  An embedded helper does not ask: at a boot Linux
 * does not refuse the little that is asked for. */
extern bool text_has_failed;

/* Stands between the values of one set: no XML can hold it. */
#define TEXT_SEPARATOR "\1"

/* What a service said may hold anything: replace what is not printable ASCII by
 * "?", and TEXT_SEPARATOR by a blank.  Returns the text. */
char *text_printable(char *text);

/*
 * Whether a text matches a POSIX extended regular expression.
 * text:    anything, in bytes; NULL matches nothing.
 * pattern: ours, in the syntax of regex(7); anchored only by its own ^ and $.
 */
bool text_matches(const char *text, const char *pattern);

/*
 * The place of a word in a list, from 0; the list's length where it is not
 * there.
 * words: each with a blank behind it.
 */
unsigned text_place(const char *word, const char *words);

#endif
