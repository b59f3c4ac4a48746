#include "messages/codecs.hpp"
#include "outreach/model.hpp"
#include "outreach/state.codec.hpp"
#include "runtime/model_handler.hpp"
#include "sim/handlers.hpp"

namespace bridgework::sim {

std::unique_ptr<runtime::Handler> outreach_handler() {
  outreach::Config config;
  config.token_secret = "a secret of the simulation";
  return std::make_unique<runtime::ModelHandler<outreach::Model>>(std::move(config));
}

}  // namespace bridgework::sim
