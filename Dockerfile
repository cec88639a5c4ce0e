# One image for every role: `docker run IMAGE serve ...` runs furiosa-llm. The two bases are arguments, so that a machine without a
# public registry can build on stand-ins of its own (docker/stand-in-images.sh).
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0

FROM ${SDK_IMAGE} AS build
WORKDIR /source
ENV DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Packages are restored before the sources come, so that a changed source does not fetch them again.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY Furiosa.Device/Furiosa.Device.csproj Furiosa.Device/
COPY Furiosa.Actors/Furiosa.Actors.csproj Furiosa.Actors/
COPY Furiosa.Gateway/Furiosa.Gateway.csproj Furiosa.Gateway/
RUN dotnet restore Furiosa.Gateway
COPY hocon hocon
COPY Furiosa.Device Furiosa.Device
COPY Furiosa.Actors Furiosa.Actors
COPY Furiosa.Gateway Furiosa.Gateway
RUN dotnet publish Furiosa.Gateway -c Release -o /app --no-restore -nodeReuse:false
# Without the compiler's package the image is as good, and starts a little more slowly.
COPY ahead ahead
RUN NUGET_ENHANCED_MAX_NETWORK_TRY_COUNT=1 dotnet msbuild ahead -restore -t:CompileAhead -p:Program=/app/ -v:quiet -nodeReuse:false || echo "Not compiled ahead."

FROM ${RUNTIME_IMAGE}
WORKDIR /app
COPY --from=build /app .
COPY models models
# Any user id may run the image (docker run --user): what it writes is the hub's cache, and a cluster's certificates where they are made,
# in folders open to all.
RUN mkdir -p /cache /certificates && chmod 1777 /cache /certificates
ENV HOME=/cache HF_HOME=/cache/huggingface DOTNET_EnableDiagnostics=0 ASPNETCORE_HTTP_PORTS=
EXPOSE 8000
USER 1654
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["dotnet", "/app/furiosa-llm.dll", "health"]
ENTRYPOINT ["dotnet", "/app/furiosa-llm.dll"]
CMD ["serve"]
