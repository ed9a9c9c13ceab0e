using Akka.Actor;
using Akka.Configuration;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Actors.Simulator;
using Iommu.Actors.Uapi;
using Iommu.Bridge.Server;
using Iommu.Hardware.Mock;
using Iommu.Hardware.Processes;

namespace Iommu.Bridge;

/// <summary>A simulated machine with the kernel's selftest loaded, and its devices as real programs reach them.</summary>
public sealed class BridgedMachine : IAsyncDisposable
{
    private readonly ActorSystem _system;
    private readonly BridgeServer _server;

    private BridgedMachine(MockMachine hardware, ActorSystem system, BridgeServer server) =>
        (Hardware, _system, _server) = (hardware, system, server);

    /// <summary>Where programs find it.</summary>
    public string Socket => _server.Socket;

    /// <summary>Contexts that stay in the journal when it has ended, for programs that wait for the next one.</summary>
    public int ContextsLeft => _server.ContextsLeft;

    /// <summary>What it holds for programs now.</summary>
    public BridgeCounts Counts => _server.Counts;

    internal MockMachine Hardware { get; }

    /// <summary>The devices that programs have open.</summary>
    internal ICollection<IommufdFile> OpenDevices => _server.OpenDevices;

    /// <param name="socket">Where programs are to find it; its folder must be this user's alone, and is made when it is not there.</param>
    /// <param name="failed">A broken invariant, a context that has failed, or what no program can be told.</param>
    /// <param name="granted">What each program may do here, whatever it may do on this machine.</param>
    /// <exception cref="BridgeException">The socket cannot be made there.</exception>
    public static BridgedMachine Start(
        string socket, Action<Exception> failed, ProcessCapabilities granted = ProcessCapabilities.None)
    {
        var machine = Create(socket, failed, granted, SimulatorConfig.None, outlived: false);
        machine._server.Listen();
        return machine;
    }

    /// <summary>
    /// As <see cref="Start"/>, with a journal. Programs may outlive it: what an earlier machine on this socket and this journal had for
    /// those that live is there again before anybody is let in.
    /// </summary>
    /// <param name="journal">A configuration of <see cref="SimulatorConfig"/>.</param>
    /// <exception cref="JournalException">The journal cannot be read.</exception>
    public static async Task<BridgedMachine> StartAsync(
        string socket, Action<Exception> failed, Config journal, ProcessCapabilities granted = ProcessCapabilities.None)
    {
        var machine = Create(socket, failed, granted, journal, outlived: true);
        try
        {
            await machine._server.RecoverAsync();
            machine._server.Listen();
            return machine;
        }
        catch (Exception)
        {
            await machine.DisposeAsync();
            throw;
        }
    }

    private static BridgedMachine Create(
        string socket, Action<Exception> failed, ProcessCapabilities granted, Config journal, bool outlived)
    {
        var hardware = new MockMachine();
        var system = ActorSystem.Create("iommu", journal);
        try
        {
            var findings = system.ActorOf(Props.Create(() => new Findings(failed)));
            system.EventStream.Subscribe(findings, typeof(InvariantViolation));
            system.EventStream.Subscribe(findings, typeof(ContextFailed));
            var simulator = new IommuSimulator(system, hardware.Machine);
            return new BridgedMachine(hardware, system, new BridgeServer(
                simulator, hardware.Memory, socket, failed, granted, outlived));
        }
        catch (Exception)
        {
            _ = system.Terminate();
            throw;
        }
    }

    /// <summary>Ends when programs hold nothing any more.</summary>
    internal Task IdleAsync(int process = 0) => _server.IdleAsync(process);

    /// <summary>Programs that still use it get EIO, or wait for the next one.</summary>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _system.Terminate();
    }

    private sealed class Findings : ReceiveActor
    {
        public Findings(Action<Exception> failed)
        {
            Receive<InvariantViolation>(failed);
            Receive<ContextFailed>(context => failed(new BridgeException($"context {context.Name} failed: {context.Cause.Message}")));
        }
    }
}
