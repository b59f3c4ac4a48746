#include "tests/unit/outreach/practice.hpp"

template class bridgework::testing::Harness<bridgework::outreach::Model>;
