// The signatures of the Console Toolkit for things that this console does not have. They answer all
// the same, at once and with the reason, so that no adapter waits for them.

import type { Row } from "./toolkit_drives.ts";

const CHAT = "there is no chat in this console";
const OMNI = "there is no Omni-Channel in this console";
const MACROS = "there are no macros in this console";
const SIDEBARS = "tabs of this console have no side bars";

/** Answered with `success: false`; the last member is the reason. */
export const REFUSES = [
  ["chat.acceptChat", 29, "chatKey callback?", "success", CHAT],
  ["chat.cancelFileTransferByAgent", 31, "chatKey callback?", "success", CHAT],
  ["chat.declineChat", 29, "chatKey callback?", "success", CHAT],
  ["chat.endChat", 29, "chatKey callback?", "success", CHAT],
  ["chat.getAgentInput", 29, "chatKey callback", "text success", CHAT],
  ["chat.getAgentState", 29, "callback", "state success", CHAT],
  ["chat.getChatLog", 29, "chatKey callback", "customEvents messages success", CHAT],
  ["chat.getChatRequests", 29, "callback", "chatKey success", CHAT],
  ["chat.getDetailsByChatKey", 29, "chatKey callback", "primaryTabId details success", CHAT],
  [
    "chat.getDetailsByPrimaryTabId",
    29,
    "primaryTabId callback",
    "primaryTabId details success",
    CHAT,
  ],
  ["chat.getEngagedChats", 29, "callback", "chatKey success", CHAT],
  ["chat.getMaxCapacity", 29, "callback", "count success", CHAT],
  ["chat.initFileTransfer", 31, "chatKey entityId callback?", "success", CHAT],
  ["chat.onAgentSend", 29, "chatKey eventHandler", "content name type timestamp success", CHAT],
  ["chat.onAgentStateChanged", 29, "eventHandler", "state success", CHAT],
  ["chat.onChatCanceled", 29, "eventHandler", "chatKey", CHAT],
  ["chat.onChatCriticalWaitState", 29, "chatKey eventHandler", "state", CHAT],
  ["chat.onChatDeclined", 29, "eventHandler", "chatKey success", CHAT],
  ["chat.onChatEnded", 29, "eventHandler", "chatKey success", CHAT],
  ["chat.onChatRequested", 29, "eventHandler", "chatKey success", CHAT],
  ["chat.onChatStarted", 29, "eventHandler", "chatKey success", CHAT],
  ["chat.onChatTransferredOut", 29, "eventHandler", "chatKey success", CHAT],
  ["chat.onCurrentCapacityChanged", 29, "eventHandler", "count success", CHAT],
  [
    "chat.onCustomEvent",
    29,
    "chatKey type eventHandler",
    "type data source timestamp success",
    CHAT,
  ],
  ["chat.onFileTransferCompleted", 31, "chatKey eventHandler", "attachmentId success", CHAT],
  ["chat.onNewMessage", 29, "chatKey eventHandler", "content name type timestamp success", CHAT],
  ["chat.onTypingUpdate", 29, "chatKey eventHandler", "isTyping sneakPeek success", CHAT],
  ["chat.sendCustomEvent", 29, "chatKey type data callback", "success", CHAT],
  ["chat.sendMessage", 29, "chatKey message callback", "success", CHAT],
  ["chat.setAgentInput", 29, "chatKey text callback", "success", CHAT],
  ["chat.setAgentState", 29, "state callback?", "success", CHAT],
  ["focusSidebarComponent", null, "componentInfo tabId? callback", "success", SIDEBARS],
  ["presence.acceptAgentWork", null, "workId callback?", "success", OMNI],
  ["presence.closeAgentWork", null, "workId callback?", "success", OMNI],
  ["presence.declineAgentWork", null, "workId declineReason? callback?", "success", OMNI],
  [
    "presence.getAgentWorkload",
    35,
    "callback",
    "success configuredCapacity currentWorkload configuredInterruptibleCapacity " +
      "currentInterruptibleWorkload",
    OMNI,
  ],
  ["presence.getAgentWorks", null, "callback", "success works", OMNI],
  ["presence.getServicePresenceStatusChannels", null, "callback", "success channels", OMNI],
  [
    "presence.getServicePresenceStatusId",
    null,
    "callback",
    "success statusName statusApiName statusId",
    OMNI,
  ],
  ["presence.login", null, "statusId callback?", "success", OMNI],
  ["presence.logout", null, "callback?", "success", OMNI],
  [
    "presence.setServicePresenceStatus",
    35,
    "statusId callback?",
    "success statusName statusApiName statusId channels",
    OMNI,
  ],
  ["runSelectedMacro", 36, "callback?", "cause success", MACROS],
  ["selectMacro", 36, "macroId callback?", "cause success", MACROS],
  [
    "setCustomConsoleComponentPopoutable",
    30,
    "popoutable callback?",
    "success",
    "the phone cannot be taken out of this window",
  ],
  ["setSidebarVisible", 33, "visible tabId? region? callback?", "success", SIDEBARS],
] as const satisfies readonly Row[];
