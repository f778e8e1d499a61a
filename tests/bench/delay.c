/*
 * A line between two network namespaces on which every packet takes the same
 * time, for kernels without netem: delay DEVICE NAMESPACE NAMESPACE.
 *
 * Makes a TUN device of that name in either namespace (/proc/PID/ns/net).  Each
 * line of standard input is a round-trip time in milliseconds, and is repeated
 * on standard output as soon as it counts.  The line ends with the input.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_tun.h>

enum {
	PACKETS = 4096, /* on their way in one direction */
	PACKET_LIMIT = 1500,
	INPUT = 2, /* behind the two devices */
	AWAKE_NS = 300000,
};

/* The packets that one device has sent and the other has not got yet. */
static struct direction {
	struct packet {
		int64_t due_ns;
		size_t size;
		char bytes[PACKET_LIMIT];
	} packets[PACKETS];
	uint32_t first, end; /* counted without end */
} directions[2];

static struct pollfd polled[3];
static int64_t delay_ns;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int open_device(const char *name, const char *namespace)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open(namespace, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail(namespace);
	close(fd);
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		fail("/dev/net/tun");
	return fd;
}

/* Take what a device has sent; what finds no room stays in its own queue. */
static void take(struct direction *direction, int fd)
{
	while (direction->end - direction->first < PACKETS) {
		struct packet *packet =
			&direction->packets[direction->end % PACKETS];
		ssize_t size = read(fd, packet->bytes, PACKET_LIMIT);

		if (size <= 0)
			return;
		packet->size = (size_t)size;
		packet->due_ns = now_ns() + delay_ns;
		direction->end++;
	}
}

/* Deliver what is due; how long until the next one is, or -1. */
static int64_t deliver(struct direction *direction, int fd)
{
	while (direction->first != direction->end) {
		struct packet *packet =
			&direction->packets[direction->first % PACKETS];
		int64_t left_ns = packet->due_ns - now_ns();

		if (left_ns > 0)
			return left_ns;
		(void)!write(fd, packet->bytes, packet->size);
		direction->first++;
	}
	return -1;
}

/* False at the end of the input. */
static bool take_round_trip(void)
{
	char line[64];

	if (!fgets(line, sizeof(line), stdin))
		return false;
	delay_ns = (int64_t)(atof(line) * 1000000 / 2);
	fputs(line, stdout);
	fflush(stdout);
	return true;
}

/* Sleeps no longer than is sure to end in time: a virtual machine wakes up
 * late, which four round trips would add up. */
static void wait_for_event(int64_t left_ns)
{
	int64_t sleep_ns = left_ns > AWAKE_NS ? left_ns - AWAKE_NS : 0;
	struct timespec left = {sleep_ns / 1000000000, sleep_ns % 1000000000};

	if (ppoll(polled, 3, left_ns < 0 ? NULL : &left, NULL) < 0 &&
	    errno != EINTR)
		fail("ppoll");
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	for (int i = 0; i < 2; i++)
		polled[i] = (struct pollfd){open_device(argv[1], argv[2 + i]),
					    POLLIN, 0};
	polled[INPUT] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
	/* Timers end up to 50 us late otherwise. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	for (;;) {
		int64_t left_ns = deliver(&directions[0], polled[1].fd);
		int64_t other_ns = deliver(&directions[1], polled[0].fd);

		if (left_ns < 0 || (other_ns >= 0 && other_ns < left_ns))
			left_ns = other_ns;
		wait_for_event(left_ns);
		for (int i = 0; i < 2; i++)
			if (polled[i].revents)
				take(&directions[i], polled[i].fd);
		if (polled[INPUT].revents && !take_round_trip())
			return 0;
	}
}
