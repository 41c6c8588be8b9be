/* A plugin that does harm in the function that lists its layers, in the way that HOSTILE names. It
 * lists none. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gradcheck/c_api.h>

/* Writes to every descriptor but the first three: what hands back the result is one of them. */
static void write_everywhere(const void* bytes, size_t size) {
  for (int descriptor = 3; descriptor < 64; ++descriptor) {
    if (write(descriptor, bytes, size) < 0) {
      continue;
    }
  }
}

/* Hands back a report that consists of one number, again and again. */
static void hand_back(uint64_t size, unsigned char byte) {
  unsigned char block[65536];
  memset(block, byte, sizeof block);
  write_everywhere(&size, sizeof size);
  for (uint64_t left = size; left > 0;) {
    const size_t part = left < sizeof block ? (size_t)left : sizeof block;
    write_everywhere(block, part);
    left -= part;
  }
}

/* A process that goes on, in a session of its own, after the one that started it. */
static void leave_somebody_behind(void) {
  if (fork() == 0) {
    setsid();
    if (fork() == 0) {
      for (;;) {
        sleep(1000);
      }
    }
    _exit(0);
  }
}

const gradcheck_plugin* gradcheck_get_plugin(void) {
  const char* how = getenv("HOSTILE");
  how = how == NULL ? "" : how;
  if (strcmp(how, "words") == 0) {
    hand_back(300, 2);
  } else if (strcmp(how, "huge") == 0) {
    hand_back(UINT64_MAX / 2, 0);
  } else if (strcmp(how, "escapes") == 0) {
    printf("\x1b[2J\n::error::injected\n");
  } else if (strcmp(how, "grandchild") == 0) {
    leave_somebody_behind();
  } else if (strcmp(how, "memory") == 0) {
    for (char* block; (block = malloc((size_t)1 << 20)) != NULL;) {
      memset(block, 1, (size_t)1 << 20);
    }
    fprintf(stderr, "no more memory\n");
  }
  return NULL;
}
