#include <exception>
#include <new>

#include "allocation.hpp"
#include "command_line.hpp"
#include "process.hpp"
#include "status.hpp"
#include "terminal.hpp"

int main(int argc, char** argv) {
  using namespace gradcheck::program;
  gradcheck::prepare_process();
  prepare_streams();
  keep_reserve();
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    return complain(error.what(), status_bad_input);
  } catch (const std::bad_alloc&) {
    return complain("out of memory", status_internal_error);
  } catch (const std::exception& error) {
    return complain(std::string("internal error: ") + error.what(), status_internal_error);
  } catch (...) {
    return complain("internal error: unknown exception", status_internal_error);
  }
}
