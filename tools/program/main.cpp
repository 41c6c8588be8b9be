#include <exception>

#include "command_line.hpp"
#include "process.hpp"
#include "status.hpp"
#include "terminal.hpp"

int main(int argc, char** argv) {
  using namespace gradcheck::program;
  gradcheck::prepare_process(argv);
  prepare_streams();
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    return complain(error.what(), status_bad_input);
  } catch (const std::exception& error) {
    return complain(std::string("internal error: ") + error.what(), status_internal_error);
  } catch (...) {
    return complain("internal error: unknown exception", status_internal_error);
  }
}
