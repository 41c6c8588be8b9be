/* Loaded before the C library (LD_PRELOAD): makes a call fail as it may on a bad day.
 *   FAULT_MALLOC=N   from the N-th allocation after the first case file was opened, there is no
 * memory but what has been freed since FAULT_WRITE      short: one byte at a time; interrupted:
 * every other call is (EINTR); full: no space FAULT_FORK=1     there are no more processes
 *   FAULT_CLOCK=1    the clocks jump, forwards and back
 *   FAULT_DLOPEN=1   no library is found that is loaded later */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

extern void* __libc_malloc(size_t size);
extern void __libc_free(void* block);

static atomic_long left = -1; /* allocations until memory is short; below 0: it never is */
static atomic_int is_short = 0;
static atomic_long available = 0; /* bytes, once it is short */

static int is(const char* variable, const char* value) {
  const char* const found = getenv(variable);
  return found != NULL && strcmp(found, value) == 0;
}

void* malloc(size_t size) {
  if (atomic_load(&left) >= 0 && atomic_fetch_sub(&left, 1) == 0) {
    atomic_store(&is_short, 1);
  }
  if (atomic_load(&is_short) && atomic_fetch_sub(&available, (long)size) < (long)size) {
    atomic_fetch_add(&available, (long)size);
    errno = ENOMEM;
    return NULL;
  }
  return __libc_malloc(size);
}

void free(void* block) {
  if (block != NULL && atomic_load(&is_short)) {
    atomic_fetch_add(&available, (long)malloc_usable_size(block));
  }
  __libc_free(block);
}

int open(const char* path, int flags, ...) {
  static int (*next)(const char*, int, ...);
  static atomic_int armed = 0;
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if (next == NULL) {
    *(void**)&next = dlsym(RTLD_NEXT, "open");
  }
  const size_t length = strlen(path);
  const char* const number = getenv("FAULT_MALLOC");
  if (number != NULL && length > 5 && strcmp(path + length - 5, ".toml") == 0 &&
      atomic_exchange(&armed, 1) == 0) {
    atomic_store(&left, atol(number) - 1);
  }
  return next(path, flags, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  static ssize_t (*next)(int, const void*, size_t);
  static atomic_uint calls = 0;
  if (next == NULL) {
    *(void**)&next = dlsym(RTLD_NEXT, "write");
  }
  if (is("FAULT_WRITE", "full") && descriptor > 2) {
    errno = ENOSPC;
    return -1;
  }
  if (is("FAULT_WRITE", "interrupted") && atomic_fetch_add(&calls, 1) % 2 == 0) {
    errno = EINTR;
    return -1;
  }
  return next(descriptor, bytes, is("FAULT_WRITE", "short") && size > 1 ? 1 : size);
}

pid_t fork(void) {
  static pid_t (*next)(void);
  if (next == NULL) {
    *(void**)&next = dlsym(RTLD_NEXT, "fork");
  }
  if (is("FAULT_FORK", "1")) {
    errno = EAGAIN;
    return -1;
  }
  return next();
}

void* dlopen(const char* name, int flags) {
  static void* (*next)(const char*, int);
  if (next == NULL) {
    *(void**)&next = dlsym(RTLD_NEXT, "dlopen");
  }
  return next(is("FAULT_DLOPEN", "1") ? "missing.so" : name, flags);
}

int clock_gettime(clockid_t clock, struct timespec* time) {
  static int (*next)(clockid_t, struct timespec*);
  static atomic_uint calls = 0;
  if (next == NULL) {
    *(void**)&next = dlsym(RTLD_NEXT, "clock_gettime");
  }
  const int status = next(clock, time);
  if (status == 0 && is("FAULT_CLOCK", "1")) {
    time->tv_sec += (time_t)(atomic_fetch_add(&calls, 1) % 3) * 3600 - 3600;
  }
  return status;
}
