#include "tests/unit/analytics/events.hpp"

template class bridgework::testing::Harness<bridgework::analytics::Model>;
