#include "tests/unit/appointments/clinic.hpp"

template class bridgework::testing::Harness<bridgework::appointments::Model>;
