#include "tests/unit/followup/clinic.hpp"

template class bridgework::testing::Harness<bridgework::followup::Model>;
