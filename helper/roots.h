/*
 * Which roots a TLS server's certificate is checked against: of all that a
 * machine has, first AWS's own.  To parse all of them takes longer than
 * everything else that a boot does.
 */
#ifndef ROOTS_H
#define ROOTS_H

#include <stdbool.h>

#include "buf.h"

/* What distributions have hashed: a file for each root, named by its subject.
 */
#define ROOTS_DIRECTORY "/etc/ssl/certs"

/* Where neither is set, all that the machine has. */
extern struct roots {
	bool is_hashed; /* ROOTS_DIRECTORY, which has AWS's */
	struct buf pem; /* PEM, Amazon's and Starfield's */
} roots;

/*
 * Find out what this machine has of AWS's roots: Amazon Root CA 1 under its
 * hash, or else those of the distribution's bundle, if they all fit.  Reads up
 * to two files; no error where they are not there.
 * Source: Amazon Trust Services, "Certificate Authorities".
 */
void roots_find(void);

/*
 * Append to roots.pem those of a bundle that have one of these names in them.
 * What does not fit any more is left out. bundle: PEM, with or without
 * comments; is written to, and the same behind it.
 */
void roots_keep(char *bundle);

#endif
