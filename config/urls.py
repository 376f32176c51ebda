"""All URLs, except for three that middleware serves: `/livez`, `/readyz` (`config.http.health`) and `/metrics`
(`config.http.metrics_endpoint`).
"""

from django.conf import settings
from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from accounts import views as accounts
from accounts.api_key_views import ApiKeyViewSet
from accounts.credential_views import (
    ChangeNumberConfirmView,
    ChangeNumberView,
    ChangePasswordView,
    ResetPasswordView,
)
from accounts.me import ExportView, MeView
from accounts.webhook_views import DeliveryViewSet, WebhookEndpointViewSet
from billing import views as billing
from billing.webhook import StripeWebhookView
from chatrooms import views as chatrooms
from chatrooms.attachments.direct_views import DirectUploadViewSet
from chatrooms.attachments.views import FileContentViewSet, FileViewSet
from chatrooms.export_view import RoomExportView
from chatrooms.openai.chat_completions import ChatCompletionView
from chatrooms.openai.model_list import ModelListView, ModelView
from chatrooms.openai.responses import CancelView, ResponseListView, ResponseView
from chatrooms.page.view import page_or_index
from chatrooms.ui_messages.views import UiChatStreamView, UiChatView
from config.http.docs import DocsView, ErrorsView, LlmsView, SchemaView

# They are tried in this order, so those that are asked for most come first.
urlpatterns = [
    path("chatroom", chatrooms.ChatroomViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "chatroom/<int:room_id>",
        chatrooms.ChatroomViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("chatroom/<int:room_id>/message", chatrooms.RoomMessageViewSet.as_view({"post": "create"})),
    path("chatroom/<int:room_id>/messages", chatrooms.RoomMessageViewSet.as_view({"get": "list"})),
    path("message/<int:message_id>", chatrooms.MessageViewSet.as_view({"get": "retrieve", "patch": "partial_update"})),
    path("message/<int:message_id>/replies", chatrooms.RepliesViewSet.as_view({"get": "list"})),
    path("message/<int:message_id>/stream", chatrooms.MessageViewSet.as_view({"get": "stream"})),
    path("message/<int:message_id>/stop", chatrooms.MessageViewSet.as_view({"post": "stop"})),
    path("message/<int:message_id>/retry", chatrooms.MessageViewSet.as_view({"post": "retry"})),
    path("message/<int:message_id>/regenerate", chatrooms.MessageViewSet.as_view({"post": "regenerate"})),
    path("v1/chat/completions", ChatCompletionView.as_view()),
    path("v1/responses", ResponseListView.as_view()),
    path("v1/responses/<str:response_id>", ResponseView.as_view()),
    path("v1/responses/<str:response_id>/cancel", CancelView.as_view()),
    path("v1/models", ModelListView.as_view()),
    path("v1/models/<str:model>", ModelView.as_view()),
    path("v1/ui/chat", UiChatView.as_view()),
    path("v1/ui/chat/<str:chat_id>/stream", UiChatStreamView.as_view()),
    path("user/me", MeView.as_view()),
    path("", page_or_index),
    path("auth/signup", accounts.SignupView.as_view()),
    path("auth/send-otp", accounts.SendOtpView.as_view()),
    path("auth/verify-otp", accounts.VerifyOtpView.as_view()),
    path("auth/login", accounts.LoginView.as_view()),
    path("auth/refresh", accounts.RefreshView.as_view()),
    path("auth/logout", accounts.LogoutView.as_view()),
    path("auth/logout-all", accounts.LogoutAllView.as_view()),
    path("auth/sessions", accounts.SessionViewSet.as_view({"get": "list"})),
    path("auth/sessions/<uuid:session_id>", accounts.SessionViewSet.as_view({"delete": "destroy"})),
    path("auth/forgot-password", accounts.ForgotPasswordView.as_view()),
    path("auth/reset-password", ResetPasswordView.as_view()),
    path("auth/change-password", ChangePasswordView.as_view()),
    path("auth/change-number", ChangeNumberView.as_view()),
    path("auth/change-number/confirm", ChangeNumberConfirmView.as_view()),
    path("api-keys", ApiKeyViewSet.as_view({"get": "list", "post": "create"})),
    path("api-keys/<uuid:key_id>", ApiKeyViewSet.as_view({"delete": "destroy"})),
    path("api-keys/<uuid:key_id>/rotate", ApiKeyViewSet.as_view({"post": "rotate"})),
    path("webhook-endpoints", WebhookEndpointViewSet.as_view({"get": "list", "post": "create"})),
    path(
        "webhook-endpoints/<uuid:endpoint_id>",
        WebhookEndpointViewSet.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    ),
    path("webhook-endpoints/<uuid:endpoint_id>/rotate", WebhookEndpointViewSet.as_view({"post": "rotate"})),
    path("webhook-endpoints/<uuid:endpoint_id>/test", WebhookEndpointViewSet.as_view({"post": "test"})),
    path("webhook-endpoints/<uuid:endpoint_id>/deliveries", DeliveryViewSet.as_view({"get": "list"})),
    path(
        "webhook-endpoints/<uuid:endpoint_id>/deliveries/<int:delivery_id>/replay",
        DeliveryViewSet.as_view({"post": "replay"}),
    ),
    path("user/me/export", ExportView.as_view()),
    path("chatroom/<int:room_id>/export", RoomExportView.as_view()),
    path("files", FileViewSet.as_view({"post": "create"})),
    path("files/uploads", DirectUploadViewSet.as_view({"post": "create"})),
    path("files/<int:file_id>/complete", DirectUploadViewSet.as_view({"post": "complete"})),
    path("files/<int:file_id>", FileViewSet.as_view({"get": "retrieve", "delete": "destroy"})),
    path("files/<int:file_id>/content", FileContentViewSet.as_view({"get": "retrieve"})),
    path("search", chatrooms.SearchViewSet.as_view({"get": "list"})),
    path("messages/cleanup", chatrooms.MessageViewSet.as_view({"delete": "cleanup"})),
    path("tiers", billing.TierViewSet.as_view({"get": "list"})),
    path("usage", billing.UsageView.as_view()),
    path("subscribe/pro", billing.SubscribeView.as_view()),
    path("subscription/portal", billing.PortalView.as_view()),
    path("subscription/status", billing.SubscriptionView.as_view()),
    path("billing/success", billing.success),
    path("billing/cancel", billing.cancelled),
    path("billing/return", billing.returned),
    path("webhook/stripe", StripeWebhookView.as_view()),
    path("schema", SchemaView.as_view()),
    path("docs", DocsView.as_view()),
    path("docs/errors", ErrorsView.as_view()),
    path("llms.txt", LlmsView.as_view()),
    path(settings.DESK_PATH.rstrip("/"), RedirectView.as_view(pattern_name="admin:index")),
    path(settings.DESK_PATH, admin.site.urls),
]
