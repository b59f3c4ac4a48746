#pragma once
// Defects that tests put into a real process.

#include "runtime/handler.hpp"

namespace bridgework::runtime {

/// The handler itself. In programs linked for tests: one that behaves as BRIDGEWORK_TEST_POISON says, a list of
/// `service:abort:TEXT`, `service:throw:TEXT` and `service:loop:TEXT` with commas between: an event whose bytes hold TEXT ends the process
/// of that service, is answered by an exception, or keeps it busy for ever. Lives as long as the process.
const Handler& with_test_faults(const Handler& handler);

}  // namespace bridgework::runtime
