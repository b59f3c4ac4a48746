#pragma once
// The seven services as the simulator runs them: the very models of the real processes.

#include <memory>
#include <string>
#include <vector>

#include "runtime/handler.hpp"

namespace bridgework::sim {

std::unique_ptr<runtime::Handler> lead_intake_handler();
std::unique_ptr<runtime::Handler> appointments_handler();
std::unique_ptr<runtime::Handler> followup_handler();
std::unique_ptr<runtime::Handler> outreach_handler();
std::unique_ptr<runtime::Handler> feedback_handler();
std::unique_ptr<runtime::Handler> journey_handler();
std::unique_ptr<runtime::Handler> analytics_handler();

}  // namespace bridgework::sim
