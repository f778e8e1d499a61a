/*
 * A YAML document, and so a JSON one too, node by node from its beginning.
 *
 * There is a current node; what is said of a list or map holds at its start.
 * Each function that goes on returns 0, or -1 with STATUS_SETTINGS and the
 * place in the document.  Nothing is kept in memory but the current node.
 */
#ifndef BOOTNAME_YAML_H
#define BOOTNAME_YAML_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Called at a node.  It must leave the current node at the end of that node.
 * context: as it was given.
 * Returns 0, or -1 with errinfo filled in.
 */
typedef int (*yaml_handler)(void *context);

/*
 * Read one document.
 * name: stands for it in errors.
 * on_root: called at the root node, or at the end of an empty document.
 */
int yaml_read(const char *name, const char *data, size_t size,
	      yaml_handler on_root, void *context);

/* Call on_key at each key of the current map; it must leave the current node at
 * the end of the key's value. */
int yaml_read_map(yaml_handler on_key, void *context);

enum { YAML_MEMBERS = 5 };

/* The texts of members of a map: NULL if one is not there or is not a scalar. */
struct yaml_members {
	char *text[YAML_MEMBERS];
};

/*
 * Read members of the current map and go to its end.
 * names: at most YAML_MEMBERS, each with a blank behind it.
 * members: get the texts; call yaml_wipe_members then, after an error too.
 */
int yaml_read_members(const char *names, struct yaml_members *members);

/* Wipe and free the texts of members; they are NULL then. */
void yaml_wipe_members(struct yaml_members *members);

/* Go to the next node. */
int yaml_next(void);

/* Go to the end of the current node, of at most 32 lists and maps in it. */
int yaml_skip(void);

/*
 * If there is a user: call on_node at the node that the current alias
 * stands for, and come back to the alias; at any other node, call it there.
 * on_node: as on_root; an alias in its node may be followed likewise.
 * An error if no node has the anchor before the alias, or two have; and beyond
 * 8 aliases in one another, or 16 MiB that were read again.
 */
int yaml_follow(yaml_handler on_node, void *context);

bool yaml_is_scalar(void);
bool yaml_is_plain(void); /* a scalar without quotes */
bool yaml_is_map(void);
bool yaml_is_list(void);
bool yaml_is_end(void);	 /* of a list or map */
bool yaml_is_none(void); /* the document is empty, or comments only */

/* A scalar that a tag makes something else than a text, such as !!binary. */
bool yaml_is_tagged(void);

/* The text of a scalar, without a NUL in it; else "".  Valid at this node. */
const char *yaml_text(void);

/*
 * Record an error at the current node: STATUS_SETTINGS.
 * key: what it is the value of; "": of the document.
 * text: what is wrong; with a key what it wants.
 * Returns -1.
 */
int yaml_fault(const char *key, const char *text);

/* A place in the current document. */
struct place {
	size_t line, column; /* from 1; 0: none */
};

/* The current node's. */
struct place yaml_place(void);

/* As yaml_fault, at another place. */
int yaml_fault_at(struct place place, const char *key, const char *text);

#endif
