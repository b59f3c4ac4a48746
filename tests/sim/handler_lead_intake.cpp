#include "lead_intake/model.hpp"
#include "lead_intake/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/model_handler.hpp"
#include "sim/handlers.hpp"

namespace bridgework::sim {

std::unique_ptr<runtime::Handler> lead_intake_handler() {
  lead_intake::Config config;
  return std::make_unique<runtime::ModelHandler<lead_intake::Model>>(std::move(config));
}

}  // namespace bridgework::sim
