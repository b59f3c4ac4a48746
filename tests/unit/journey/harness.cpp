#include "tests/unit/journey/events.hpp"

template class bridgework::testing::Harness<bridgework::journey::Model>;
