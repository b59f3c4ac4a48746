#include "feedback/model.hpp"
#include "feedback/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/model_handler.hpp"
#include "sim/handlers.hpp"

namespace bridgework::sim {

std::unique_ptr<runtime::Handler> feedback_handler() {
  feedback::Config config;
  config.token_secret = "a secret of the simulator, 32 bytes";
  return std::make_unique<runtime::ModelHandler<feedback::Model>>(std::move(config));
}

}  // namespace bridgework::sim
