#include "runtime/faults.hpp"

namespace bridgework::runtime {

const Handler& with_test_faults(const Handler& handler) { return handler; }

}  // namespace bridgework::runtime
