"""The site of test_django.py: views that use the cache and the session."""

from __future__ import annotations

import itertools

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.cache import cache_page

numbers = itertools.count()


def count(request: HttpRequest) -> HttpResponse:
    """How often this visitor was here."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return JsonResponse({"visits": request.session["visits"]})


def leave(request: HttpRequest) -> HttpResponse:
    request.session.flush()
    return HttpResponse()


@cache_page(300, key_prefix="page")
def page(request: HttpRequest) -> HttpResponse:
    """Another one each time it is made."""
    return HttpResponse(f"page {next(numbers)}")


urlpatterns = [path("count", count), path("leave", leave), path("page", page)]
