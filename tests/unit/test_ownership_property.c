/*
 * Random histories of a few instances, their names and bootname-reap: whole
 * runs of the product, each a process, which the test lets go on from one
 * request to the next.  In between instances stop and start, lose and get
 * addresses, and run bootname twice; EC2 forgets young ones, and answers get
 * lost.  Who does what, and when, comes from a seed.
 *
 * BOOTNAME_HISTORIES=FIRST,COUNT: which seeds.
 */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "errinfo.h"
#include "outcome.h"
#include "platform.h"
#include "run.h"
#include "sigv4.h"
#include "text.h"

enum {
#ifdef __SANITIZE_ADDRESS__
	HISTORIES = 60,
#else
	HISTORIES = 300,
#endif
	WORKERS = 8,
	EVENTS = 50,
	ADDRESSES = 9,		  /* that AWS gives, again and again */
	FIRST_ELASTIC = 100,	  /* address of the first Elastic IP */
	START_MS = 100000,	  /* on the clock of the world */
	RETRY_MS = 10 * 1000,	  /* what else may happen meanwhile */
	LOOK_MS = 80 * 60 * 1000, /* then --if-changed reads Route 53 */
};

static char folder[256];
static char files[LENGTH(kinds)][300]; /* of settings */
static int self_fd;		       /* in the process of a run */

/* ---- What the Makefile's WRAPPED leads here, in the process of a run. ---- */

int __wrap_main(void);
int __real_main(int argc, char **argv);
int __wrap_http_open(long timeout_s);
int __wrap_http_send(const char *method, const char *url, const char *headers,
		     const char *body, const char *proxy, long timeout_ms);
int64_t __wrap_platform_now_ms(void);
int64_t __wrap_platform_uptime_ms(void);
void __wrap_platform_sleep_ms(int64_t milliseconds);
uint32_t __wrap_platform_random(void);
const char *__wrap_platform_variable(const char *name);
void __wrap_print_failure(void);
bool __wrap_text_matches(const char *text, const char *pattern);
int __wrap_sigv4_canonical_request(struct buf *out, const char *method,
				   const char *path, const char *query,
				   const char *headers,
				   const char *signed_headers,
				   const char *body);
int __wrap_sigv4_signature(struct buf *out, const char *secret_access_key,
			   const char *scope, const char *string_to_sign);
unsigned __wrap_alarm(unsigned seconds);

/* Let the others go on, until it is this run's turn again. */
static void let_others(void)
{
	char byte = 0;

	if (write(self_fd, &byte, 1) != 1 || read(self_fd, &byte, 1) != 1)
		_exit(98);
}

int __wrap_http_open(long timeout_s)
{
	static char body[HTTP_LIMIT + 1];

	http_answer.body = body;
	http_start_clock(timeout_s);
	return 0;
}

/* The world may change before each answer. */
int __wrap_http_send(const char *method, const char *url, const char *headers,
		     const char *body, const char *proxy, long timeout_ms)
{
	(void)method;
	(void)headers;
	(void)proxy;
	(void)timeout_ms;
	if (!strstr(url, "/api/token") && !strstr(url, "/document"))
		let_others();
	http_answer.date_s = -1;
	http_answer.retry_after_s = 0;
	answer_request(url, body);
	return 0;
}

int64_t __wrap_platform_now_ms(void)
{
	return world->now_ms;
}

int64_t __wrap_platform_uptime_ms(void)
{
	return world->now_ms;
}

void __wrap_platform_sleep_ms(int64_t milliseconds)
{
	self->wake_ms = world->now_ms + milliseconds;
	tell("    %d sleeps for %d ms\n", number_of(self), (int)milliseconds);
	let_others();
}

uint32_t __wrap_platform_random(void)
{
	return roll(1U << 31) * 2;
}

const char *__wrap_platform_variable(const char *name)
{
	if (!strcmp(name, "RUNTIME_DIRECTORY"))
		return world->directories[self->machine];
	if (!strcmp(name, "AWS_REGION") && self->machine == NOBODY)
		return "eu-west-1";
	return !strcmp(name, "AWS_ACCESS_KEY_ID")	? "AKIDEXAMPLE"
	       : !strcmp(name, "AWS_SECRET_ACCESS_KEY") ? "secret"
							: NULL;
}

void __wrap_print_failure(void)
{
	tell("    %d: %s: %s\n", number_of(self), errinfo.stage,
	     errinfo.text.data);
	if (!outcome.status)
		outcome.status = errinfo.status;
}

/* This libc takes most of the time for patterns: each process finds those
 * compiled, and used, that another one has met before. */
static struct {
	struct met_pattern met;
	regex_t compiled;
} patterns[PATTERNS];
static size_t pattern_count;

static bool try_pattern(size_t i, const char *text)
{
	return text && !regexec(&patterns[i].compiled, text, 0, NULL, 0);
}

static void compile_patterns(void)
{
	for (; pattern_count < world->pattern_count; pattern_count++) {
		size_t i = pattern_count;

		patterns[i].met = world->patterns[i];
		assert_false(regcomp(&patterns[i].compiled,
				     patterns[i].met.pattern,
				     REG_EXTENDED | REG_NOSUB));
		(void)try_pattern(i, patterns[i].met.text);
	}
}

static void meet_pattern(const char *text, const char *pattern)
{
	struct met_pattern *met = &world->patterns[world->pattern_count];

	demand(world->pattern_count < PATTERNS &&
		       strlen(pattern) < sizeof(met->pattern),
	       "too many patterns, or too long");
	(void)snprintf(met->pattern, sizeof(met->pattern), "%s", pattern);
	(void)snprintf(met->text, sizeof(met->text), "%s", text ? text : "");
	world->pattern_count++;
	compile_patterns();
}

bool __wrap_text_matches(const char *text, const char *pattern)
{
	size_t i = 0;

	while (i < pattern_count &&
	       strcmp(patterns[i].met.pattern, pattern) != 0)
		i++;
	if (i == pattern_count) {
		/* Others may have met some since this process began. */
		compile_patterns();
		meet_pattern(text, pattern);
		i = pattern_count - 1;
	}
	return try_pattern(i, text);
}

int __wrap_sigv4_canonical_request(struct buf *out, const char *method,
				   const char *path, const char *query,
				   const char *headers,
				   const char *signed_headers, const char *body)
{
	(void)method;
	(void)path;
	(void)query;
	(void)headers;
	(void)signed_headers;
	(void)body;
	buf_set(out, "request");
	return 0;
}

int __wrap_sigv4_signature(struct buf *out, const char *secret_access_key,
			   const char *scope, const char *string_to_sign)
{
	(void)out;
	(void)secret_access_key;
	(void)scope;
	(void)string_to_sign;
	return 0;
}

unsigned __wrap_alarm(unsigned seconds)
{
	(void)seconds;
	return 0;
}

/* Nothing else of libcurl is used; and without it a process begins sooner. */
#define UNUSED(function)                                                       \
	void function(void);                                                   \
	void function(void)                                                    \
	{                                                                      \
		abort();                                                       \
	}

UNUSED(curl_easy_getinfo)
UNUSED(curl_easy_init)
UNUSED(curl_easy_perform)
UNUSED(curl_easy_reset)
UNUSED(curl_easy_setopt)
UNUSED(curl_easy_strerror)
UNUSED(curl_getdate)

/* ---- Runs. ---- */

static int run_reap(void)
{
	static char words[][16] = {"bootname-reap", "-q", "--zone-id", "Z1",
				   "--stopped"};
	static char *pointers[LENGTH(words) + 1];
	int count = self->command == REAP ? 4 : 5;

	for (int i = 0; i < count; i++)
		pointers[i] = words[i];
	return __real_main(count, pointers);
}

static void carry_out_run(void)
{
	struct sources sources = {NULL, NULL};

	let_others();
	build_is_whole = true;
	if (self->machine == NOBODY)
		_exit(run_reap());
	sources.settings_file = files[own()->kind - kinds];
	if (self->command == DOWN)
		run_down(&sources);
	else
		run_up(&sources, self->command == REFRESH);
	_exit((int)outcome.status);
}

/* A failure within a run's process is one of the test. */
static void look_for_failure(void)
{
	if (!*world->failure)
		return;
	for (size_t i = 0; i < RUNS; i++)
		if (world->runs[i].pid)
			(void)kill(world->runs[i].pid, SIGKILL);
	for (size_t i = 0; i < world->zone.count; i++)
		tell("  %s %s %s %s by %d\n",
		     world->zone.entries[i].set.part[SET_NAME],
		     world->zone.entries[i].set.part[SET_TYPE],
		     world->zone.entries[i].set.part[SET_IDENTIFIER],
		     world->zone.entries[i].set.part[SET_VALUES],
		     world->zone.entries[i].writer);
	(void)fprintf(stderr, "%sseed %u: %s\n", world->story, world->seed,
		      world->failure);
	_exit(1);
}

static bool is_named_by_owner(const struct machine *machine)
{
	char name[BATCH_TEXT];
	const struct entry *owner;

	(void)snprintf(name, sizeof(name), "_bootname.%s", name_of(machine));
	owner = find_entry(name, "TXT",
			   machine->kind->is_group ? machine->id : "");
	return owner && strstr(owner->set.part[SET_VALUES], machine->id);
}

static bool has_set(const struct machine *machine, const char *type,
		    const char *value)
{
	const struct entry *entry =
		find_entry(name_of(machine), type,
			   machine->kind->is_group ? machine->id : "");

	return entry ? is_part(&entry->set, SET_VALUES, value) : !*value;
}

/* Whether its name leads to it. */
static bool is_published(const struct machine *machine)
{
	const struct kind *kind = machine->kind;

	/* Without an owner record nothing tells whose an old address is; and
	 * where the last writer wins, it wins set by set. */
	return (kind->has_owner ? is_named_by_owner(machine) : true) &&
	       ((!kind->has_owner && !machine->address) ||
		has_set(machine, "A", ipv4_of(machine))) &&
	       (!kind->is_create || has_set(machine, "AAAA", ipv6_of(machine)));
}

/* What a run has come to, if nothing has changed since it began. */
static void check_result(const struct run *run, int status)
{
	const struct machine *machine;

	demand(status == 0 || status == STATUS_TAKEN ||
		       status == STATUS_UNAVAILABLE ||
		       status == STATUS_DEADLINE,
	       "a run ends with another status");
	if (status || run->machine == NOBODY)
		return;
	machine = &world->machines[run->machine];
	if (machine->state != RUNNING || machine->version != run->version)
		return;
	if (run->command == DOWN)
		demand(!is_named_by_owner(machine), "a name is not removed");
	else if (machine->kind->has_owner && !is_named_by_owner(machine))
		demand(machine->is_replaced, "a name is lost");
	else
		demand(is_published(machine), "a name leads to another");
}

static void end_run(struct run *run)
{
	int status = 0;

	(void)waitpid(run->pid, &status, 0);
	(void)close(run->fd);
	run->pid = 0;
	tell("  %d ends with %d\n", number_of(run), WEXITSTATUS(status));
	if (!*world->failure)
		check_result(run, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	look_for_failure();
}

/* Wait for its next step, or its end. */
static void wait_for(struct run *run)
{
	char byte;

	if (read(run->fd, &byte, 1) != 1)
		end_run(run);
}

static void go_on(struct run *run)
{
	char byte = 0;

	assert_int_equal(write(run->fd, &byte, 1), 1);
	wait_for(run);
}

/* Returns NULL if too many go on already. */
static struct run *begin_run(enum command command, int machine,
			     unsigned account)
{
	struct run *run = world->runs;
	pid_t pid; /* not in the memory that both have */
	int fds[2];

	while (run < world->runs + RUNS && run->pid)
		run++;
	if (run == world->runs + RUNS)
		return NULL;
	memset(run, 0, sizeof(*run));
	run->command = command;
	run->machine = machine;
	run->account = account;
	if (machine != NOBODY)
		run->version = world->machines[machine].version;
	tell("  %d begins: %s on %d, account %u\n", number_of(run),
	     command_names[command], machine, account);
	compile_patterns();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	pid = fork();
	if (!pid) {
		(void)signal(SIGSEGV, SIG_DFL); /* cmocka catches it */
		self = run;
		self_fd = fds[1];
		(void)close(fds[0]);
		carry_out_run();
	}
	assert_true(pid > 0);
	run->pid = pid;
	(void)close(fds[1]);
	run->fd = fds[0];
	wait_for(run);
	return run;
}

static void kill_runs(int machine)
{
	for (struct run *run = world->runs; run < world->runs + RUNS; run++)
		if (run->pid && run->machine == machine) {
			(void)kill(run->pid, SIGKILL);
			(void)waitpid(run->pid, NULL, 0);
			(void)close(run->fd);
			run->pid = 0;
		}
}

/* Let one of the runs go on whose time has come; or time passes until then.
 * Returns whether there is any. */
static bool let_one_go_on(void)
{
	struct run *ready[RUNS];
	struct run *next = NULL;
	unsigned count = 0;

	for (struct run *run = world->runs; run < world->runs + RUNS; run++) {
		if (!run->pid)
			continue;
		if (run->wake_ms <= world->now_ms)
			ready[count++] = run;
		else if (!next || run->wake_ms < next->wake_ms)
			next = run;
	}
	if (count) {
		go_on(ready[roll(count)]);
	} else if (next) {
		world->now_ms = next->wake_ms;
		go_on(next);
	}
	return count || next;
}

/* ---- Instances. ---- */

static void enter(struct machine *machine, enum state state)
{
	tell("  instance %d is %s\n", (int)(machine - world->machines),
	     state_names[state]);
	machine->state = state;
	machine->since_ms = world->now_ms;
}

static void set_address(struct machine *machine, unsigned address)
{
	if (machine->address == address)
		return;
	machine->address = address;
	machine->version++;
	tell("  instance %d has %s\n", (int)(machine - world->machines),
	     ipv4_of(machine));
}

static bool is_in_use(unsigned address)
{
	for (size_t i = 0; i < world->machine_count; i++)
		if (world->machines[i].address == address)
			return true;
	return false;
}

static unsigned any_address(void)
{
	unsigned address;

	do
		address = 1 + roll(ADDRESSES);
	while (is_in_use(address));
	return address;
}

static bool has_elastic(const struct machine *machine)
{
	return machine->address >= FIRST_ELASTIC;
}

/* Its runtime directory is empty, and the hook runs. */
static void boot(struct machine *machine)
{
	static const char *const names[] = {"published", "lock"};
	int number = (int)(machine - world->machines);
	char path[320];

	enter(machine, RUNNING);
	if (!machine->known_ms && one_in(2))
		machine->known_ms = world->now_ms + roll(EC2_SETTLES_MS);
	if (!has_elastic(machine))
		set_address(machine, any_address());
	for (size_t i = 0; i < LENGTH(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s",
			       world->directories[number], names[i]);
		(void)unlink(path);
	}
	(void)begin_run(UP, number, machine->account);
}

static void launch(void)
{
	static unsigned launched;
	struct machine *machine = &world->machines[world->machine_count];

	if (world->machine_count == INSTANCES)
		return;
	world->machine_count++;
	memset(machine, 0, sizeof(*machine));
	(void)snprintf(machine->id, sizeof(machine->id), "i-%017x", ++launched);
	machine->kind = &kinds[one_in(3) ? 2 : roll(LENGTH(kinds))];
	machine->account = one_in(4);
	machine->has_ipv6 = one_in(3);
	tell("  instance %d: %s, account %u, %s\n",
	     (int)world->machine_count - 1, machine->id, machine->account,
	     machine->kind->settings);
	if (one_in(3) && !is_in_use(FIRST_ELASTIC))
		set_address(machine, FIRST_ELASTIC);
	boot(machine);
}

static void stop(struct machine *machine, enum state state)
{
	int number = (int)(machine - world->machines);

	kill_runs(number);
	if (state == SHUTTING_DOWN || !has_elastic(machine))
		set_address(machine, 0);
	enter(machine, state);
}

/* From one instance to another, or to none. */
static void move_elastic(unsigned address)
{
	struct machine *to = &world->machines[roll(INSTANCES)];

	for (size_t i = 0; i < world->machine_count; i++) {
		struct machine *from = &world->machines[i];
		bool gets_another = from->state == RUNNING && one_in(2);

		if (from->address == address)
			set_address(from, gets_another ? any_address() : 0);
	}
	if (to < world->machines + world->machine_count && !is_final(to) &&
	    !has_elastic(to))
		set_address(to, address);
}

static struct machine *any_in(enum state state)
{
	struct machine *some[INSTANCES];
	unsigned count = 0;

	for (size_t i = 0; i < world->machine_count; i++)
		if (world->machines[i].state == state)
			some[count++] = &world->machines[i];
	return count ? some[roll(count)] : NULL;
}

/* What has begun ends by itself. */
static void settle_states(bool is_all)
{
	for (size_t i = 0; i < world->machine_count; i++) {
		struct machine *machine = &world->machines[i];

		if ((machine->state == STOPPING ||
		     machine->state == SHUTTING_DOWN) &&
		    (is_all || one_in(2)))
			enter(machine, (enum state)(machine->state + 1));
	}
}

/* ---- Events. ---- */

static void pass_time(void)
{
	world->now_ms += one_in(10) ? LOOK_MS : roll(RETRY_MS);
}

static void command(void)
{
	static const enum command commands[] = {UP, UP, REFRESH, REFRESH, DOWN};
	const struct machine *machine = any_in(RUNNING);

	if (machine)
		(void)begin_run(commands[roll(LENGTH(commands))],
				(int)(machine - world->machines),
				machine->account);
}

static void change_world(void)
{
	struct machine *running = any_in(RUNNING);
	struct machine *stopped = any_in(STOPPED);
	unsigned what = roll(20);

	if (what < 3)
		launch();
	else if (what < 6 && running)
		stop(running, STOPPING);
	else if (what < 7 && running)
		stop(running, SHUTTING_DOWN);
	else if (what < 11 && stopped)
		boot(stopped);
	else if (what < 13)
		move_elastic(FIRST_ELASTIC + roll(ELASTICS));
	else if (what < 16)
		command();
	else if (what < 19)
		(void)begin_run(one_in(2) ? REAP : REAP_STOPPED, NOBODY,
				one_in(4));
	else
		pass_time();
}

/* A stopped instance of which EC2 has told a run; NULL: there is none. */
static struct machine *any_doubted(void)
{
	for (size_t i = 0; i < world->machine_count; i++)
		for (size_t j = 0; j < RUNS; j++)
			if (world->machines[i].state == STOPPED &&
			    world->runs[j].pid &&
			    world->runs[j].asked[i].was_stopped)
				return &world->machines[i];
	return NULL;
}

static void happen(void)
{
	struct machine *doubted = any_doubted();

	world->now_ms += roll(200);
	settle_states(false);
	if (doubted && one_in(2))
		boot(doubted);
	else if (one_in(3) || !let_one_go_on())
		change_world();
	look_for_failure();
}

/* ---- The end of a history: nothing else happens any more. ---- */

static void finish(void)
{
	while (let_one_go_on())
		;
}

static void run_alone(enum command command, int machine, unsigned account)
{
	assert_non_null(begin_run(command, machine, account));
	finish();
}

/* In each account. */
static void reap_all(enum command command)
{
	bool is_any[2] = {false};

	for (size_t i = 0; i < world->machine_count; i++)
		is_any[world->machines[i].account] = true;
	for (unsigned account = 0; account < LENGTH(is_any); account++)
		if (is_any[account])
			run_alone(command, NOBODY, account);
}

/* No owner record is left of an instance in any state from this one on. */
static void check_gone(enum state from)
{
	for (size_t i = 0; i < world->machine_count; i++)
		demand(world->machines[i].state < from ||
			       !world->machines[i].kind->has_owner ||
			       !is_named_by_owner(&world->machines[i]),
		       "a name outlives its instance");
	look_for_failure();
}

static bool has_address(const struct machine *machine)
{
	return machine->address || machine->has_ipv6;
}

static void refresh_all(void)
{
	for (size_t i = 0; i < world->machine_count; i++)
		if (world->machines[i].state == RUNNING)
			run_alone(REFRESH, (int)i, world->machines[i].account);
}

/* Who runs has the name it wants, or another has it that is not gone. */
static void check_kept(void)
{
	for (size_t i = 0; i < world->machine_count; i++) {
		struct machine *machine = &world->machines[i];
		struct stored_set set;
		int holder;

		if (machine->state != RUNNING || !has_address(machine))
			continue;
		memset(&set, 0, sizeof(set));
		strcpy(set.part[SET_NAME], name_of(machine));
		if (machine->kind->is_group)
			strcpy(set.part[SET_IDENTIFIER], machine->id);
		holder = owner_beside(&set);
		demand(is_published(machine) ||
			       (machine->kind->has_owner &&
				!machine->kind->is_group && holder != NOBODY &&
				holder != (int)i &&
				!is_final(&world->machines[holder])),
		       "an instance has no name");
	}
	look_for_failure();
}

static void check_end(void)
{
	size_t by_hand = 0;

	settle_states(true);
	world->is_quiet = true;
	world->now_ms += RETRY_MS;
	tell("quiet\n");
	refresh_all();
	if (one_in(2))
		world->now_ms += LOOK_MS;
	reap_all(REAP);
	check_gone(SHUTTING_DOWN);
	world->now_ms += LOOK_MS;
	refresh_all();
	check_kept();
	reap_all(REAP_STOPPED);
	check_gone(STOPPED);
	for (size_t i = 0; i < world->zone.count; i++)
		by_hand += world->zone.entries[i].writer == BY_HAND;
	demand(by_hand == 3, "what is made by hand is gone");
	look_for_failure();
}

/* ---- Histories. ---- */

static void put_by_hand(const char *name, const char *type, const char *value)
{
	struct entry *entry = &world->zone.entries[world->zone.count++];

	memset(entry, 0, sizeof(*entry));
	strcpy(entry->set.part[SET_NAME], name);
	strcpy(entry->set.part[SET_TYPE], type);
	strcpy(entry->set.part[SET_TTL], "300");
	strcpy(entry->set.part[SET_VALUES], value);
	entry->writer = BY_HAND;
}

static void live(unsigned seed)
{
	world->seed = seed;
	world->dice = 0x9e3779b97f4a7c15ULL * (seed + 1);
	world->now_ms = START_MS;
	world->is_quiet = false;
	world->machine_count = 0;
	world->story_len = 0;
	world->zone.count = 0;
	put_by_hand("web.example.com.", "MX", "10 mail.example.com.");
	put_by_hand("www.example.com.", "A", "192.0.2.1");
	put_by_hand("_bootname.x.web.example.com.", "TXT", "\"nobody's\"");
	for (unsigned i = 0; i < 2; i++)
		launch();
	for (unsigned i = 0; i < EVENTS; i++)
		happen();
	finish();
	if (one_in(3))
		check_end();
}

/* What a world needs of its own. */
static struct world *make_world(unsigned worker)
{
	struct world *made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(made != MAP_FAILED);
	for (size_t i = 0; i < INSTANCES; i++)
		(void)snprintf(made->directories[i],
			       sizeof(made->directories[i]), "%s/%u.%zu",
			       folder, worker, i);
	return made;
}

static void remove_directories(const struct world *made)
{
	static const char *const names[] = {"/published", "/lock", ""};
	char path[320];

	for (size_t i = 0; i < INSTANCES * LENGTH(names); i++) {
		(void)snprintf(path, sizeof(path), "%s%s",
			       made->directories[i / LENGTH(names)],
			       names[i % LENGTH(names)]);
		(void)remove(path);
	}
}

/* Histories need nothing of each other: each processor takes its share. */
static void live_all(unsigned first, unsigned count, struct world *worlds[],
		     unsigned workers)
{
	pid_t pids[WORKERS];
	bool is_failed = false;
	int status;

	for (unsigned i = 0; i < workers; i++) {
		worlds[i] = make_world(i);
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i])
			continue;
		(void)signal(SIGSEGV, SIG_DFL); /* cmocka catches it */
		(void)signal(SIGABRT, SIG_DFL);
		world = worlds[i];
		for (unsigned j = i; j < count; j += workers)
			live(first + j);
		_exit(0);
	}
	for (unsigned i = 0; i < workers; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		remove_directories(worlds[i]);
		is_failed |= status != 0;
	}
	if (is_failed)
		fail_msg("a history failed: see above");
}

static void test_ownership__holds_in_each_history(void **state)
{
	const char *given = getenv("BOOTNAME_HISTORIES");
	const char *wrapper = getenv("BOOTNAME_WRAPPER");
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned workers = processors < 1	  ? 1
			   : processors > WORKERS ? WORKERS
						  : (unsigned)processors;
	struct world *worlds[WORKERS];
	struct counts sum = {0, 0, 0, 0};
	unsigned first = 1;
	unsigned count = HISTORIES;

	(void)state;
	if (wrapper && *wrapper) /* such as valgrind, which takes its time */
		count = HISTORIES / 10;
	if (given)
		assert_int_equal(sscanf(given, "%u,%u", &first, &count), 2);
	live_all(first, count, worlds, workers);
	for (unsigned i = 0; i < workers; i++) {
		sum.batches += worlds[i]->counts.batches;
		sum.refused += worlds[i]->counts.refused;
		sum.taken += worlds[i]->counts.taken;
		sum.unknown += worlds[i]->counts.unknown;
	}
	printf("%u batches, %u refused, %u names taken, %u times unknown\n",
	       sum.batches, sum.refused, sum.taken, sum.unknown);
	/* Enough of all that makes histories worth it. */
	assert_true(sum.batches > count);
	if (given)
		return;
	assert_true(sum.refused > count / 10);
	assert_true(sum.taken > count / 2);
	assert_true(sum.unknown > count / 10);
}

static void write_settings(size_t i)
{
	FILE *file;

	(void)snprintf(files[i], sizeof(files[i]), "%s/%zu.yaml", folder, i);
	file = fopen(files[i], "w");
	assert_non_null(file);
	(void)fprintf(file, "zone_id: Z1\nname: \"%s.example.com\"\n%s",
		      *kinds[i].name ? kinds[i].name : "{instance-id}",
		      kinds[i].settings);
	(void)fclose(file);
	(void)chmod(files[i], 0600);
}

/* What each process is to find ready, the library of digests too. */
static int prepare(void **state)
{
	static struct buf digest;

	(void)state;
	if (unit_make_folder(folder, sizeof(folder)))
		return -1;
	for (size_t i = 0; i < LENGTH(kinds); i++)
		write_settings(i);
	return sigv4_string_to_sign(&digest, "", "", "");
}

static int clean_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(kinds); i++)
		(void)unlink(files[i]);
	return rmdir(folder);
}

int __wrap_main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ownership__holds_in_each_history),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, prepare, clean_up);
}
