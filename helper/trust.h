/*
 * Which roots a TLS server's certificate is checked against: of all that a
 * machine has, first AWS's own.  To parse all of them takes longer than
 * everything else that a boot does.
 */
#ifndef TRUST_H
#define TRUST_H

#include <stdbool.h>

#include "buf.h"

/* What distributions have hashed: a file for each root, named by its subject.
 */
#define TRUST_DIRECTORY "/etc/ssl/certs"

/* Where neither is set, all that the machine has. */
extern struct trust {
	bool is_hashed;	  /* TRUST_DIRECTORY, which has AWS's */
	struct buf roots; /* PEM, Amazon's and Starfield's */
} trust;

/*
 * Find out what this machine has of AWS's roots: Amazon Root CA 1 under its
 * hash, or else those of the distribution's bundle, if they all fit.  Reads up
 * to two files; no error where they are not there.
 * Source: Amazon Trust Services, "Certificate Authorities".
 */
void trust_find(void);

/*
 * Append to trust.roots those of a bundle that have one of these names in them.
 * What does not fit any more is left out. bundle: PEM, with or without
 * comments; is written to, and the same behind it.
 */
void trust_keep_roots(char *bundle);

#endif
