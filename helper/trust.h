/*
 * Which roots a TLS server's certificate is checked against: of all that a
 * machine has, first AWS's own.  To parse all of them takes longer than
 * everything else that a boot does.
 */
#ifndef TRUST_H
#define TRUST_H

#include "buf.h"

/* What distributions have hashed: a file for each root, named by its subject.
 */
#define TRUST_DIRECTORY "/etc/ssl/certs"

/* PEM; empty: all roots that the machine has. */
extern struct buf trust_roots;

/*
 * Find Amazon's and Starfield's roots: Amazon Root CA 1 alone where there is a
 * hashed directory, else those of the distribution's bundle.  Reads up to three
 * files; no error where they are not there.
 * Source: Amazon Trust Services, "Certificate Authorities".
 */
void trust_find_roots(void);

/*
 * Append the roots of a bundle that have one of these names in them.  What does
 * not fit any more is left out.
 * bundle: PEM, with or without comments; is written to, and the same behind it.
 */
void trust_keep_roots(char *bundle);

#endif
