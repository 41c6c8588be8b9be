#pragma once

#include <string>

namespace gradcheck::program {

/// Reads the command line and runs what it asks for; returns the exit status. Throws UsageError.
int run(int argc, char** argv);

/// Says "gradcheck: message" on standard error, if that can be written to; returns the status.
int complain(const std::string& message, int status) noexcept;

}  // namespace gradcheck::program
