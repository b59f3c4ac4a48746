// Loaded into redis-server by its wrapper: a disk that is slow to sync, or full, when the test says so.
//
// CHAOS_DISK names a file of two numbers: how many milliseconds each sync takes longer, and whether the disk is full.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct disk {
  volatile int64_t sync_ms;
  volatile int64_t full;
};

static struct disk healthy;
static struct disk* disk = &healthy;
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);
static ssize_t (*real_write)(int, const void*, size_t);

__attribute__((constructor)) static void begin(void) {
  // POSIX promises that a symbol fits a function pointer; ISO C does not.
  *(void**)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  *(void**)&real_fsync = dlsym(RTLD_NEXT, "fsync");
  *(void**)&real_write = dlsym(RTLD_NEXT, "write");
  const char* path = getenv("CHAOS_DISK");
  if (path == NULL) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* mapped = mmap(NULL, sizeof(struct disk), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped != MAP_FAILED) disk = mapped;
}

static void dawdle(void) {
  const int64_t ms = disk->sync_ms;
  if (ms <= 0) return;
  const struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000};
  nanosleep(&span, NULL);
}

int fdatasync(int fd) {
  dawdle();
  return real_fdatasync(fd);
}

int fsync(int fd) {
  dawdle();
  return real_fsync(fd);
}

/// The append-only files alone: the log of the process and its sockets go on.
static int is_append_only_file(int fd) {
  char link[64], path[512];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) return 0;
  path[n] = '\0';
  return strstr(path, "/appendonlydir/") != NULL;
}

ssize_t write(int fd, const void* bytes, size_t size) {
  if (disk->full == 0 || !is_append_only_file(fd)) return real_write(fd, bytes, size);
  // A disk fills up in the middle of a write.
  if (size > 1) return real_write(fd, bytes, size / 2);
  errno = ENOSPC;
  return -1;
}
