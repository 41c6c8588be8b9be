#pragma once

#include <sys/types.h>

namespace gradcheck::program {

/// What a child started becomes a child of this process when the child ends: it can be found then.
void adopt_orphans();

/// fork(), after what was printed has been written; throws std::system_error if there is no child.
pid_t forked();

/// Whether a child has ended; it can still be waited for.
bool has_ended(pid_t child);

/// Ends a child, and everything that it has started, wherever that has put itself. The child's
/// status, as of waitpid.
int end_with_all_it_started(pid_t child);

}  // namespace gradcheck::program
