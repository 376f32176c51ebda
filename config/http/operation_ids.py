"""The names of operations in the OpenAPI document: `sendMessage`, `logIn`.

An operation's name is the method's name in a generated client. Those that had another name in a released document keep
it as `x-former-operation-id`, so that whoever generates a client again finds what became of a method. A new route says
its name at its view (`extend_schema(operation_id=…)`) and has no line here.
"""

from typing import Any, Final

FORMER: Final = "x-former-operation-id"

RENAMED: Final = {
    "api_keys_create": "createApiKey",
    "api_keys_destroy": "deleteApiKey",
    "api_keys_list": "listApiKeys",
    "api_keys_rotate_create": "rotateApiKey",
    "auth_change_number_confirm_create": "changeNumber",
    "auth_change_number_create": "sendChangeNumberCode",
    "auth_change_password_create": "changePassword",
    "auth_forgot_password_create": "sendPasswordCode",
    "auth_login_create": "logIn",
    "auth_logout_all_create": "logOutEverywhere",
    "auth_logout_create": "logOut",
    "auth_refresh_create": "refreshTokens",
    "auth_reset_password_create": "resetPassword",
    "auth_send_otp_create": "sendSignInCode",
    "auth_sessions_destroy": "deleteSession",
    "auth_sessions_list": "listSessions",
    "auth_signup_create": "signUp",
    "auth_verify_otp_create": "verifySignInCode",
    "chatroom_create": "createChatroom",
    "chatroom_destroy": "deleteChatroom",
    "chatroom_export_retrieve": "exportChatroom",
    "chatroom_list": "listChatrooms",
    "chatroom_message_create": "sendMessage",
    "chatroom_messages_list": "listMessages",
    "chatroom_partial_update": "updateChatroom",
    "chatroom_retrieve": "getChatroom",
    "files_complete_create": "completeUpload",
    "files_content_retrieve": "downloadFile",
    "files_create": "uploadFile",
    "files_destroy": "deleteFile",
    "files_retrieve": "getFile",
    "files_uploads_create": "startUpload",
    "message_partial_update": "editMessage",
    "message_regenerate_create": "regenerateReply",
    "message_replies_list": "listReplies",
    "message_retrieve": "getMessage",
    "message_retry_create": "retryReply",
    "message_stop_create": "stopReply",
    "message_stream_retrieve": "streamReply",
    "messages_cleanup_destroy": "deleteFailedMessages",
    "search_list": "search",
    "subscribe_pro_create": "subscribeToPro",
    "subscription_portal_create": "openPortal",
    "subscription_status_retrieve": "getSubscription",
    "tiers_list": "listTiers",
    "usage_retrieve": "getUsage",
    "user_me_destroy": "eraseUser",
    "user_me_export_retrieve": "exportUser",
    "user_me_partial_update": "updateUser",
    "user_me_retrieve": "getUser",
    "webhook_stripe_create": "receiveStripeEvent",
}
"""From the names that drf-spectacular makes of paths, which the document had in version 1.0.0."""


def rename(operation: dict[str, Any]) -> None:
    """Give the operation its present name, and keep its former one."""
    name = operation["operationId"]
    if name in RENAMED:
        operation["operationId"], operation[FORMER] = RENAMED[name], name
