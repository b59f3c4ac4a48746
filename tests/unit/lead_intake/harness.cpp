#include "tests/unit/lead_intake/desk.hpp"

template class bridgework::testing::Harness<bridgework::lead_intake::Model>;
