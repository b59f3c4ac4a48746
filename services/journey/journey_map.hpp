#pragma once
// The journey map: what a person should meet at each stage, as data.

#include "messages/journey.values.hpp"

namespace bridgework::journey {

/// The map in force. A change of its text is a new version.
messages::JourneyMap journey_map();

}  // namespace bridgework::journey
